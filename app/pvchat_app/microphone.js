// A question by voice: one click records, the next one ends it, and what was said goes to this machine's PVChat as 16-bit
// samples. The words come back into the question's field, to be read before they are asked.
const RATE = 16000, MOST_MS = 20000; // samples a second that the server hears; so much fits into one request
const button = element.querySelector("button"), note = element.querySelector("[role=status]");
const SPEAK = button.textContent;
let recorder = null;

function show(label, text = "") {
  button.textContent = label;
  button.disabled = label === "Hearing …";
  note.textContent = text;
}

async function samples(recording) { // decoded and resampled by the browser
  const context = new AudioContext({ sampleRate: RATE });
  try {
    const sound = (await context.decodeAudioData(await recording.arrayBuffer())).getChannelData(0);
    return Int16Array.from(sound.subarray(0, RATE * MOST_MS / 1000), (value) => Math.max(-1, Math.min(1, value)) * 32767);
  } finally { context.close(); }
}

async function send(recording) {
  show("Hearing …");
  const bytes = new Uint8Array((await samples(recording)).buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  trigger("click", { sound: btoa(text) });
}

async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const parts = [];
  recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.addEventListener("stop", () => {
    for (const track of stream.getTracks()) track.stop();
    recorder = null;
    send(new Blob(parts)).catch(() => show(SPEAK, "Nothing was recorded."));
  });
  recorder.start();
  const mine = recorder;
  setTimeout(() => { if (mine.state === "recording") mine.stop(); }, MOST_MS);
  show("Stop", "Listening …");
}

button.addEventListener("click", () => {
  if (recorder) return recorder.stop();
  if (!navigator.mediaDevices) return show(SPEAK, "This browser gives the page no microphone: it needs localhost or https.");
  record().catch(() => show(SPEAK, "The browser did not allow the microphone."));
});
watch("value", () => {
  const { problem = "" } = props.value || {};
  show(SPEAK, problem);
  if (!problem) document.querySelector("#pv-question textarea, #pv-question input")?.focus();
});
