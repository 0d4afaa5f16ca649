// Spans and pictures play the clip from their time; clips that the browser can't play say so.
(() => {
  const player = () => document.querySelector("#pv-chat-player video");

  function play(source, seconds) {
    const video = player();
    if (!video) return;
    const seek = () => { video.currentTime = seconds; video.play().catch(() => {}); };
    if (source && video.getAttribute("src") !== source) {
      video.setAttribute("src", source);
      video.addEventListener("loadedmetadata", seek, { once: true });
      video.load();
    } else if (video.readyState > 0) seek();
    else video.addEventListener("loadedmetadata", seek, { once: true });
    video.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  document.addEventListener("click", (event) => {
    const span = event.target.closest && event.target.closest("[data-seek]");
    if (span) play(span.dataset.clip, Number(span.dataset.seek));
  });

  document.addEventListener("error", (event) => {
    const video = event.target;
    if (video.tagName !== "VIDEO" || !video.closest(".pv-player")) return;
    const note = video.closest(".pv-player").querySelector(".pv-unplayable");
    if (note) note.hidden = false;
  }, true);
})();
