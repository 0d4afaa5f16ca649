// Spans and pictures play the clip from their time; clips that the browser can't play say so. What is drawn anew keeps
// the keyboard's place, and the camera's one button says what it does now.
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
    const press = event.target.closest && event.target.closest("[data-press]");
    if (press) document.getElementById(press.dataset.press)?.click();
  });

  document.addEventListener("input", (event) => { // the search in what is said
    const words = event.target.closest(".pv-words");
    if (!words) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const line of words.querySelectorAll("li")) line.hidden = !line.textContent.toLowerCase().includes(wanted);
  });

  document.addEventListener("loadedmetadata", ({ target }) => { // asked for far below its player, on a phone
    if (target.closest("#pv-library-player")) target.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }, true);

  document.addEventListener("pv-play", ({ detail }) => play(detail.clip, detail.seconds)); // from timeline.js

  let kept = ""; // what has the keyboard's focus, as a selector: jobs and timelines are drawn anew
  function selector({ dataset, parentElement }) {
    if (dataset.cancel) return `[data-cancel="${dataset.cancel}"]`;
    return dataset.from ? `.pv-lane[data-name="${CSS.escape(parentElement.dataset.name)}"] [data-from="${dataset.from}"]` : "";
  }
  document.addEventListener("focusin", (event) => { kept = selector(event.target); });
  document.addEventListener("pointerdown", () => { kept = ""; });

  function mend() {
    if (kept && document.activeElement === document.body) document.querySelector(kept)?.focus({ preventScroll: true });
    for (const button of document.querySelectorAll("#pv-camera .capture-button")) {
      const does = button.querySelector("[title]")?.title;
      if (does && button.getAttribute("aria-label") !== does) button.setAttribute("aria-label", does);
    }
  }

  new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("error", (event) => {
    const video = event.target;
    if (video.tagName !== "VIDEO" || !video.closest(".pv-player")) return;
    const note = video.closest(".pv-player").querySelector(".pv-unplayable");
    if (note) note.hidden = false;
  }, true);
})();
