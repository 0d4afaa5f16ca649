// The timeline of the whole video: the keyboard, play from anywhere, and where the player is now.
(() => {
  const ROOM = 5, TICK = 74; // pixels between two marks of shots, between two labels
  const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const films = () => document.querySelectorAll(".pv-film");
  const filmOf = (node) => node.closest && node.closest(".pv-film");
  const length = (film) => Number(film.dataset.length);
  const wide = (film) => film.querySelector(".pv-film-wide");
  const shots = (film) => film.dataset.shots.split(" ").map(Number);

  function told(film, seconds) {
    const whole = Math.floor(seconds + 1e-6), two = (n) => String(n).padStart(2, "0");
    if (length(film) < 60) return `${Number(seconds.toFixed(1))} s`;
    const clock = `${Math.floor(whole / 60) % 60}:${two(whole % 60)}`;
    return whole >= 3600 ? `${Math.floor(whole / 3600)}:${clock.padStart(5, "0")}` : clock;
  }

  function axis(film) {
    const box = film.querySelector(".pv-film-axis"), all = wide(film).clientWidth, of = length(film);
    if (!all) return;
    const step = STEPS.find((s) => (s / of) * all >= TICK) || STEPS[STEPS.length - 1];
    box.replaceChildren(...Array.from({ length: Math.floor(of / step + 1e-6) + 1 }, (_, i) => {
      const label = document.createElement("span");
      label.textContent = told(film, i * step);
      label.style.left = `${(100 * i * step) / of}%`;
      if (((of - i * step) / of) * all < 30) label.className = "pv-end";
      return label;
    }));
    film.querySelector(".pv-shots").classList.toggle("pv-dense", all / shots(film).length < ROOM);
  }

  function play(film, seconds) {
    document.dispatchEvent(new CustomEvent("pv-play", { detail: { clip: film.dataset.clip, seconds } }));
  }

  function timeAt(film, x) {
    const box = wide(film).getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - box.left) / box.width)) * length(film);
  }

  function near(lane, x) { // a span that is too thin to be hit is meant when it is near
    const apart = (bar) => {
      const box = bar.getBoundingClientRect();
      return Math.max(box.left - x, x - box.right, 0);
    };
    const best = [...lane.querySelectorAll(".pv-span")].sort((a, b) => apart(a) - apart(b))[0];
    return best && apart(best) <= 8 ? best : null;
  }

  document.addEventListener("click", (event) => {
    const film = filmOf(event.target);
    if (!film) return;
    const lane = event.target.closest(".pv-lane");
    if (event.target.closest(".pv-span") && !event.detail) play(film, Number(event.target.dataset.from)); // Enter
    else if (lane || event.target.closest(".pv-film-axis")) {
      const time = timeAt(film, event.clientX), bar = lane && near(lane, event.clientX);
      const shot = lane && lane.matches(".pv-shots") && shots(film).filter((start) => start <= time + 1e-6).pop();
      const inside = bar && bar === event.target && bar.offsetWidth > 12; // else its start is meant
      play(film, inside ? time : bar ? Number(bar.dataset.from) : shot === false || shot === null ? time : shot);
    }
  });

  function choose(film, lane, step) { // one shot on or back, to be played with Enter
    const all = shots(film), now = Number(lane.getAttribute("aria-valuenow"));
    const next = Math.min(all.length, Math.max(1, step === "Home" ? 1 : step === "End" ? all.length : now + step));
    lane.setAttribute("aria-valuenow", next);
    lane.setAttribute("aria-valuetext", `shot ${next} of ${all.length}, from ${told(film, all[next - 1])}`);
    let mark = lane.querySelector(".pv-chosen");
    if (!mark) { mark = document.createElement("b"); mark.className = "pv-chosen"; lane.append(mark); }
    const end = next < all.length ? all[next] : length(film);
    mark.style.left = `${(100 * all[next - 1]) / length(film)}%`;
    mark.style.width = `${(100 * (end - all[next - 1])) / length(film)}%`;
    mark.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function move(bars, bar, key) {
    const at = bars.indexOf(bar), last = bars.length - 1;
    const next = bars[{ ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last }[key]];
    for (const one of bars) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  }

  document.addEventListener("keydown", (event) => {
    const film = filmOf(event.target), lane = film && event.target.closest(".pv-lane");
    if (!film || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key, sideways = ["ArrowLeft", "ArrowRight", "Home", "End"].includes(key);
    if (lane && lane.matches(".pv-shots") && (key === "Enter" || key === " ")) {
      play(film, shots(film)[Number(lane.getAttribute("aria-valuenow")) - 1]);
    } else if (lane && lane.matches(".pv-shots") && sideways) {
      choose(film, lane, { ArrowLeft: -1, ArrowRight: 1 }[key] || key);
    } else if (lane && sideways && event.target.matches(".pv-span")) {
      move([...lane.querySelectorAll(".pv-span")], event.target, key);
    } else return;
    event.preventDefault();
  });

  function mark(film, video) { // where the player is
    const now = film.querySelector(".pv-film-now");
    now.hidden = video.getAttribute("src") !== film.dataset.clip;
    now.style.left = `${(100 * video.currentTime) / length(film)}%`;
  }

  document.addEventListener("timeupdate", (event) => { for (const film of films()) mark(film, event.target); }, true);

  function restore(film) {
    film.dataset.drawn = "yes";
    axis(film);
    const video = document.querySelector("#pv-chat-player video");
    if (video && video.currentTime) mark(film, video);
  }

  const draw = () => { for (const film of films()) if (!film.dataset.drawn && film.offsetWidth) restore(film); };
  new MutationObserver(draw).observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("resize", () => { for (const film of films()) axis(film); });
  addEventListener("click", () => setTimeout(draw, 60)); // a tab that was hidden has a width only now
  draw();
})();
