// Runs in the conversation's own element. What comes from the server is {number, keys, turns}: the keys of all turns in
// order, and the HTML of those that may have changed. Only what changed is drawn: a late turn costs what the first one
// did. Answers come by several roads: what was overtaken (a smaller number) takes nothing back.
const WHOLE_MS = 100;
const log = element.querySelector(".pv-log");
const drawn = new Map(); // key: the HTML it was drawn from
const numbers = new Map(); // key: the number it came with
let newest = 0, listed = []; // the largest number, and the keys that came with it
let asking = 0; // the timer after which all turns are asked for, where some never came
let follow = true; // the newest turn is kept in view until the reader scrolls

function place(key, html) {
  if (drawn.get(key) === html) return false;
  const before = log.querySelector(`:scope > [data-turn="${key}"]`);
  const made = document.createElement("template");
  made.innerHTML = html;
  const turn = made.content.firstElementChild;
  if (before) {
    const open = [...before.querySelectorAll("details")].map((one) => one.open);
    turn.querySelectorAll("details").forEach((one, i) => { one.open = Boolean(open[i]); });
    before.replaceWith(turn);
    const answer = turn.querySelector(".pv-answer");
    if (answer && "done" in turn.dataset && !("done" in before.dataset)) window.pvSpeak?.(answer.innerText);
  } else {
    const after = new Set(listed.slice(listed.indexOf(key) + 1)); // it may come after the turns that follow it
    log.insertBefore(turn, [...log.children].find((one) => after.has(one.dataset.turn)) || null);
    follow = true;
  }
  drawn.set(key, html);
  return true;
}

function show(turn) {
  if (!turn || !log.offsetParent) return;
  if (getComputedStyle(log).overflowY === "visible") turn.scrollIntoView({ block: "start", behavior: "auto" });
  else log.scrollTop = Math.min(turn.offsetTop - log.offsetTop, log.scrollHeight);
}

function draw() {
  const { number = 0, keys = [], turns = {} } = props.value || {};
  if (number >= newest) [newest, listed] = [number, [...keys]];
  for (const turn of [...log.children]) {
    if (listed.includes(turn.dataset.turn)) continue;
    drawn.delete(turn.dataset.turn);
    turn.remove();
  }
  let changed = false;
  for (const key of listed) {
    if (!turns[key] || number < (numbers.get(key) || 0)) continue;
    numbers.set(key, number);
    changed = place(key, turns[key]) || changed;
  }
  if (changed && follow) show(log.lastElementChild);
  clearTimeout(asking);
  if (listed.some((key) => !drawn.has(key))) asking = setTimeout(() => trigger("click", {}), WHOLE_MS);
}

for (const kind of ["wheel", "touchmove", "keydown"]) {
  addEventListener(kind, () => { follow = false; }, { passive: true });
}
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-wrong], [data-right], [data-undo], [data-wish]");
  if (!button || button.disabled) return;
  const { wrong, right, track, undo, wish, who, name } = button.dataset;
  if (wish) return trigger("select", { who, name });
  const turn = button.closest("[data-turn]").dataset.turn;
  button.disabled = true;
  trigger("click", { turn, undo: undo || "", name: wrong || right || "", her: right ? "1" : "", track: track || "" });
});
watch("value", draw);
draw();
