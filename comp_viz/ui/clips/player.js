// The player: video or sound under our control, below it what is predicted over time. Click an utterance to play from its exact
// start; the one being played is marked, and selected when playing pauses. Nothing is sent while it plays. A clip that plays
// while it is analysed goes on where it is when the player with its predictions takes over: the next player of a file takes the
// media element of the one before, whether that is gone by then (the visitor was on another page) or not yet.

let last = null; // what was played last: address, media element, and whether it was playing as its player went

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".player");
  const state = (root.state ??= { asked: data.play?.stamp ?? 0 });
  Object.assign(state, { data, send: setTriggerValue });
  const shape = JSON.stringify([data.url, data.picture, data.starts, data.ends, data.rows]);
  if (state.shape !== shape) {
    const media = state.url === data.url ? state.media : null; // other predictions must not stop what is playing
    Object.assign(state, { shape, url: data.url });
    build(root, state, media);
  }
  subtitles(state);
  mark(state);
  if (data.play && data.play.stamp > state.asked) {
    state.asked = data.play.stamp;
    playFrom(state, data.play.utterance);
  }
  return () => {
    cancelAnimationFrame(state.frame);
    if (last.media === state.media) last.playing = !state.media.paused;
  };
}

function build(root, state, media) {
  const { data } = state;
  root.replaceChildren();
  state.media = media ?? takeOver(data) ?? mediaElement(data);
  root.append(state.media);
  if (!media) {
    listen(state);
    if (last?.media === state.media && last.playing) state.media.play().catch(() => {}); // leaving the page paused it
    last = { url: data.url, media: state.media, playing: false };
  }
  if (!data.starts.length) return; // nothing is known of it yet
  state.now = element("div", "now", root);
  state.now.setAttribute("aria-live", "off");
  const strip = element("div", "strip", root);
  strip.setAttribute("role", "group");
  strip.setAttribute("aria-label", "Predictions over time; each utterance plays from its start");
  state.parts = data.starts.map((start, i) => {
    const part = element("button", "part", strip);
    part.style.left = `${(100 * start) / data.duration}%`;
    part.style.width = `${(100 * (data.ends[i] - start)) / data.duration}%`;
    part.title = `${i + 1}: ${data.texts[i]}\n${data.predictions[i]}`;
    part.setAttribute("aria-label", `Play utterance ${i + 1}, from ${start.toFixed(1)} s: ${data.predictions[i]}`);
    for (const [share, colour] of data.rows[i]) {
      const band = element("i", "", part);
      band.style.flexGrow = share;
      band.style.background = colour;
    }
    part.onclick = () => {
      playFrom(state, i);
      tell(state, i);
    };
    return part;
  });
  state.head = element("div", "head", strip);
  const key = element("div", "key", root);
  for (const [name, colour] of data.key) {
    const item = element("span", "", key);
    element("i", "", item).style.background = colour;
    item.append(name);
  }
}

function takeOver(data) {
  const same = last?.url === data.url && last.media.localName === kind(data) && !last.media.error;
  return same ? last.media : null;
}

function mediaElement(data) {
  const media = document.createElement(kind(data));
  media.controls = true;
  media.preload = "auto";
  media.playsInline = true;
  media.setAttribute("aria-label", "The clip");
  media.src = data.url;
  return media;
}

function kind(data) {
  return data.picture ? "video" : "audio";
}

function listen(state) {
  const { media } = state;
  const step = () => {
    mark(state);
    if (!media.paused) state.frame = requestAnimationFrame(step);
  };
  media.onplay = () => (state.frame = requestAnimationFrame(step));
  if (!media.paused) media.onplay(); // taken over as it plays
  media.onseeked = media.onloadedmetadata = () => mark(state);
  media.onpause = () => {
    mark(state);
    if (!media.ended && !media.seeking) tell(state, current(state));
  };
  media.onerror = () => state.send("unplayable", state.data.url);
}

function playFrom(state, utterance) {
  const { media, data } = state;
  const start = () => {
    media.currentTime = data.starts[utterance];
    media.play().catch(() => {}); // a browser that wants a click first shows the right picture all the same
  };
  if (media.readyState > 0) start();
  else media.addEventListener("loadedmetadata", start, { once: true });
}

function tell(state, utterance) {
  if (state.data.selected !== null && utterance !== state.data.selected) state.send("utterance", utterance);
}

function current(state) {
  const time = state.media.currentTime + 0.02; // a frame's start may be rounded to just before it
  const after = state.data.starts.findIndex((start) => start > time);
  return after < 0 ? state.data.starts.length - 1 : Math.max(0, after - 1);
}

function mark(state) {
  const { data, media } = state;
  if (!data.starts.length) return;
  const now = current(state);
  state.head.style.left = `${Math.min(100, (100 * media.currentTime) / data.duration)}%`;
  if (state.marked === now && state.of === data) return;
  Object.assign(state, { marked: now, of: data });
  state.parts.forEach((part, i) => {
    part.classList.toggle("playing", i === now);
    part.classList.toggle("selected", i === data.selected);
  });
  state.now.replaceChildren();
  element("b", "", state.now).textContent = `${now + 1}`;
  element("span", "words", state.now).textContent = data.texts[now] || "(no words)";
  element("span", "prediction", state.now).textContent = data.predictions[now];
}

function subtitles(state) {
  const { data, media } = state;
  if (!data.picture) return;
  const cues = JSON.stringify([data.texts, data.predictions]);
  if (media.shownCues === cues) return;
  media.shownCues = cues;
  const track = media.textTracks[0] ?? media.addTextTrack("subtitles", "Words and prediction", "en");
  track.mode = "showing"; // without which it has no cues either
  while (track.cues.length) track.removeCue(track.cues[0]);
  data.starts.forEach((start, i) => {
    if (!data.texts[i] && !data.predictions[i]) return;
    const safe = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    track.addCue(new VTTCue(start, data.ends[i], `${safe(data.texts[i])}\n<i>${safe(data.predictions[i])}</i>`));
  });
}

function element(tag, name, parent) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  parent.append(made);
  return made;
}
