// What this browser keeps: light or dark, the microphone, reading aloud. And the keyboard: "/" to the question, arrows
// through the clip, "?" shows them.
(() => {
  const DARK = "pv-dark", SWITCHES = ["pv-mic", "pv-aloud"]; // the latter are classes of the page, too: style.css
  const HELP = "/ asks a question · ← and → move five seconds through the clip, in the timeline from bar to bar · ? shows this";
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } }; // a browser may block it
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* blocked */ } };
  const typing = (at) => at.closest && at.closest("input, textarea, select, [contenteditable], video");

  function apply() { // Gradio, too, sets the class when it has loaded, by what the system likes
    const dark = kept(DARK);
    if (dark === null || document.body.classList.contains("dark") === (dark === "1")) return;
    document.body.classList.toggle("dark", dark === "1");
  }

  window.pvDark = () => { // the button in Settings
    keep(DARK, document.body.classList.contains("dark") ? "0" : "1");
    apply();
  };

  window.pvPrefer = (name, on) => { // the switches in Settings
    keep(name, on ? "1" : "0");
    document.body.classList.toggle(name, on);
    if (!on) window.speechSynthesis?.cancel();
  };
  window.pvPreferred = () => SWITCHES.map((name) => kept(name) === "1");

  const voice = () => // of this machine: others send the text to their maker
    window.speechSynthesis?.getVoices().find((one) => one.localService && one.lang.startsWith("en"));

  window.pvSpeak = (text) => {
    if (!voice() || !document.body.classList.contains("pv-aloud")) return;
    speechSynthesis.cancel();
    speechSynthesis.speak(Object.assign(new SpeechSynthesisUtterance(text), { voice: voice(), lang: voice().lang }));
  };

  function showHelp() {
    const note = document.createElement("div");
    note.className = "pv-keys";
    note.setAttribute("role", "status");
    note.textContent = HELP;
    document.querySelector(".pv-keys")?.remove();
    document.body.append(note);
    setTimeout(() => note.remove(), 6000);
  }

  function ask() {
    const { tab } = window.pvAddress(), library = document.querySelector("#pv-library-question textarea");
    if (tab === "library" && library) return library.focus();
    if (tab !== "chat") location.hash = "chat"; // address.js goes there
    setTimeout(() => document.querySelector("#pv-question textarea")?.focus(), 100);
  }

  function move(video, seconds) {
    if (video) video.currentTime = Math.min(Math.max(video.currentTime + seconds, 0), video.duration || 0);
    return Boolean(video);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const video = document.querySelector("#pv-chat-player video");
    const inTabs = event.target.closest && event.target.closest("[role=tablist]"); // arrows move between tabs there
    if (event.key === "/") ask();
    else if (event.key === "?") showHelp();
    else if (event.key === "ArrowLeft" && !inTabs && move(video, -5)) { /* done */ }
    else if (event.key === "ArrowRight" && !inTabs && move(video, 5)) { /* done */ }
    else return;
    event.preventDefault();
  });

  function begin() {
    apply();
    SWITCHES.forEach((name) => document.body.classList.toggle(name, kept(name) === "1"));
    const listed = () => document.body.classList.toggle("pv-speaks", Boolean(voice()));
    window.speechSynthesis?.addEventListener("voiceschanged", listed); // some browsers list them late
    listed();
    new MutationObserver(apply).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  }

  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
