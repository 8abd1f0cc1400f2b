// The camera: films with sound until stopped, or for as long as is allowed, and hands the recording over whole. Before that
// nothing leaves the browser; a refusal is explained in words.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".camera");
  const state = (root.state ??= build(root));
  Object.assign(state, { data, send: setTriggerValue });
  return () => root.isConnected || release(state);
}

function build(root) {
  const state = { seen: document.createElement("video"), button: document.createElement("button"), message: document.createElement("p") };
  Object.assign(state.seen, { muted: true, playsInline: true, hidden: true });
  state.seen.setAttribute("aria-label", "What the camera sees");
  state.message.setAttribute("role", "status");
  state.button.onclick = () => (state.recorder ? state.recorder.stop() : film(state));
  root.append(state.button, state.seen, state.message);
  show(state, "");
  return state;
}

function show(state, words) {
  state.button.textContent = state.recorder ? "Stop, and analyse this" : "Or film yourself";
  state.seen.hidden = !state.recorder;
  state.message.textContent = words;
}

async function film(state) {
  if (!navigator.mediaDevices || !window.MediaRecorder) {
    return show(state, "The browser lends its camera only to pages on this machine or opened by https. Upload a recording instead.");
  }
  try {
    state.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 } }, audio: true });
  } catch (error) {
    return show(state, `The camera or the microphone cannot be used (${error.name}). Allow both in the browser, or upload a recording.`);
  }
  const chunks = [];
  state.recorder = new MediaRecorder(state.stream, { videoBitsPerSecond: state.data.bits });
  state.recorder.ondataavailable = (event) => chunks.push(event.data);
  state.recorder.onstop = () => hand(state, new Blob(chunks, { type: state.recorder.mimeType }));
  state.seen.srcObject = state.stream;
  state.seen.play();
  state.recorder.start();
  state.timer = setTimeout(() => state.recorder?.stop(), 1000 * state.data.seconds);
  show(state, `Filming, for at most ${state.data.seconds} seconds.`);
}

function hand(state, blob) {
  release(state);
  const reader = new FileReader();
  const content = () => reader.result.slice(reader.result.lastIndexOf(",") + 1); // the type before it has commas of its own
  reader.onload = () => state.send("recording", { type: blob.type, content: content() });
  reader.readAsDataURL(blob);
  show(state, "Handed over.");
}

function release(state) {
  clearTimeout(state.timer);
  state.stream?.getTracks().forEach((track) => track.stop());
  state.recorder = state.stream = null;
}
