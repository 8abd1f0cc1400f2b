// The example clip, its three switches and what the model says: every answer is there from the start, so that nothing waits for a
// server. A switch also takes its channel from the viewer: no voice, no subtitles, no picture.

const HEIGHT = 250, LEFT = 50, RIGHT = 76, TOP = 22, BOTTOM = 22; // of the curves, pixels
const BEND = 450; // milliseconds
const DASHES = ["", "9 4", "2 4", "12 4 2 4", "5 5", "1 3"];

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".switchboard");
  const state = (root.state ??= { kept: data.modalities.map(({ name }) => name) });
  Object.assign(state, { data, send: setTriggerValue });
  const shape = JSON.stringify(data);
  if (state.shape !== shape) {
    state.shape = shape;
    build(root, state);
  }
  return () => {
    cancelAnimationFrame(state.frame);
    state.watch.disconnect();
  };
}

function build(root, state) {
  const { data } = state;
  root.replaceChildren();
  state.shown = answer(state, state.kept).probabilities;
  const stage = element("div", "stage", root);
  const left = element("div", "", stage);
  buildClip(element("div", "clip", left), state);
  const cells = element("button", "cells", left);
  cells.textContent = "Take single cells away, on Live";
  cells.onclick = () => state.send("cells", state.kept);
  const side = element("div", "side", stage);
  const switches = element("div", "switches", side);
  switches.setAttribute("role", "group");
  switches.setAttribute("aria-label", "What the model may use");
  state.switches = data.modalities.map((modality) => buildSwitch(switches, state, modality));
  state.happening = element("p", "happening", side);
  state.happening.setAttribute("aria-live", "polite");
  state.space = element("div", "curves", side);
  state.weights = element("div", "weights", side);
  state.said = element("div", "said", root);
  state.said.setAttribute("role", "group");
  state.said.setAttribute("aria-label", "Utterances: words and prediction; each plays from its start");
  state.rows = data.utterances.map((utterance, i) => buildRow(state, utterance, i));
  state.watch?.disconnect();
  state.watch = new ResizeObserver(() => {
    if (state.width !== state.space.clientWidth) buildCurves(state);
  });
  state.watch.observe(state.space);
  buildCurves(state);
  show(state);
}

function buildClip(place, state) {
  const video = (state.video = element("video", "", place));
  Object.assign(video, { src: state.data.url, playsInline: true, controls: true, preload: "auto", loop: true });
  video.setAttribute("aria-label", "The example clip");
  state.cover = element("div", "cover", place);
  state.cover.textContent = "the face is taken away";
  const track = video.addTextTrack("subtitles", "Words", "en");
  for (const [start, end, words] of state.data.utterances) track.addCue(new VTTCue(start, end, words));
  state.track = track;
  const step = () => {
    follow(state);
    state.frame = requestAnimationFrame(step);
  };
  video.onplay = step;
  video.onpause = () => cancelAnimationFrame(state.frame);
  video.onseeked = () => follow(state);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  video.muted = true; // browsers play by themselves only what is silent
  state.silent = element("button", "silent", place);
  state.silent.textContent = "Sound on";
  state.silent.onclick = () => unmute(state);
  video.play().catch(() => {});
}

function unmute(state) {
  state.silent?.remove();
  state.silent = null;
  channels(state);
}

function buildSwitch(parent, state, modality) {
  const button = element("button", "switch", parent);
  button.setAttribute("role", "switch");
  button.style.setProperty("--tone", modality.colour);
  element("i", "", button).textContent = modality.mark;
  element("b", "", button).textContent = modality.channel.toUpperCase();
  element("small", "", button);
  button.onclick = () => {
    const on = state.kept.includes(modality.name);
    state.kept = state.data.modalities
      .map(({ name }) => name)
      .filter((name) => (name === modality.name ? !on : state.kept.includes(name)));
    if (modality.name === "audio" && !on) unmute(state);
    show(state);
  };
  return button;
}

function buildCurves(state) {
  const { data } = state;
  const width = (state.width = state.space.clientWidth);
  state.space.replaceChildren();
  const picture = (state.picture = draw("svg", { width, height: HEIGHT, role: "img" }, state.space));
  picture.setAttribute("aria-label", described(state));
  draw("text", { x: 0, y: 10, class: "tick" }, picture).textContent = "probability, by utterance";
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    draw("line", { x1: LEFT, x2: width - RIGHT, y1: level(share), y2: level(share), class: "grid" }, picture);
    draw("text", { x: LEFT - 8, y: level(share) + 4, class: "tick", "text-anchor": "end" }, picture).textContent = `${100 * share}\u202f%`;
  }
  data.utterances.forEach(([start, end], i) => {
    draw("rect", { x: place(state, start), width: place(state, end) - place(state, start), y: TOP, height: HEIGHT - TOP - BOTTOM, class: "spoken" }, picture);
    draw("text", { x: middle(state, i), y: HEIGHT - 6, class: "tick", "text-anchor": "middle" }, picture).textContent = i + 1;
  });
  const recorded = answer(state, data.modalities.map(({ name }) => name)).probabilities;
  state.curves = data.classes.map(([name, colour], c) => {
    draw("path", { d: path(state, recorded, c), class: "recorded", stroke: colour }, picture);
    const line = draw("path", { class: "curve", stroke: colour, "stroke-dasharray": DASHES[c % DASHES.length] }, picture);
    const label = draw("text", { x: width - RIGHT + 8, class: "name", fill: colour }, picture);
    label.textContent = name;
    return { line, label };
  });
  state.head = draw("line", { y1: TOP, y2: HEIGHT - BOTTOM, class: "head" }, picture);
  follow(state);
  drawCurves(state);
}

function buildRow(state, [start, , words], i) {
  const row = element("button", "row", state.said);
  element("b", "", row).textContent = i + 1;
  const text = element("span", "words", row);
  text.textContent = words;
  const prediction = element("span", "prediction", row);
  row.onclick = () => {
    state.video.currentTime = start;
    state.video.play().catch(() => {});
  };
  return { row, text, prediction };
}

function show(state) {
  const { data } = state;
  const now = answer(state, state.kept);
  const recorded = answer(state, data.modalities.map(({ name }) => name));
  data.modalities.forEach(({ name, channel }, m) => {
    const on = state.kept.includes(name);
    state.switches[m].setAttribute("aria-checked", on);
    state.switches[m].setAttribute("aria-label", `${channel}: ${on ? "the model has it" : "taken away"}`);
    state.switches[m].querySelector("small").textContent = on ? "on" : "taken away";
  });
  channels(state);
  state.happening.textContent = now.happening;
  state.picture.setAttribute("aria-label", described(state));
  state.rows.forEach(({ row, text, prediction }, i) => {
    const [before, after] = [recorded, now].map(({ probabilities }) => top(probabilities[i]));
    const words = `${data.classes[after][0]} ${Math.round(100 * now.probabilities[i][after])}\u202f%`;
    prediction.textContent = before === after ? words : `${words}, was ${data.classes[before][0]}`;
    row.classList.toggle("changed", before !== after);
    text.classList.toggle("gone", data.modalities.some(({ name }) => name === "text" && !state.kept.includes(name)));
  });
  showWeights(state, now);
  bend(state, now.probabilities);
}

function showWeights(state, now) {
  state.weights.replaceChildren();
  element("span", "", state.weights).textContent = "Coordinator weights (0 to 1), mean over the clip";
  const bar = element("div", "bar", state.weights);
  state.data.modalities.forEach(({ name, channel, mark, colour }, m) => {
    const part = element("div", "part", bar);
    part.style.flexGrow = now.weights[m];
    part.style.setProperty("--tone", colour);
    part.classList.toggle("missing", !state.kept.includes(name));
    part.textContent = `${mark} ${now.weights[m].toFixed(2)}`;
    part.title = `${channel}: ${now.weights[m].toFixed(2)}${state.kept.includes(name) ? "" : ", though it is taken away"}`;
  });
}

function channels(state) {
  const has = (name) => state.kept.includes(name);
  state.video.muted = !has("audio") || Boolean(state.silent);
  state.track.mode = has("text") ? "showing" : "hidden";
  state.cover.hidden = has("video");
  state.video.classList.toggle("covered", !has("video"));
}

function bend(state, target) {
  cancelAnimationFrame(state.bending);
  const from = state.shown;
  const began = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const step = (time) => {
    const share = still ? 1 : Math.min(1, Math.max(0, time - began) / BEND);
    const eased = 1 - (1 - share) ** 3;
    state.shown = target.map((row, i) => row.map((value, c) => from[i][c] + eased * (value - from[i][c])));
    drawCurves(state);
    if (share < 1) state.bending = requestAnimationFrame(step);
  };
  step(began);
}

function drawCurves(state) {
  const last = state.shown[state.shown.length - 1];
  const order = state.curves.map((_, c) => c).sort((a, b) => last[b] - last[a]);
  let free = TOP;
  for (const c of order) { // names stand at the ends of their curves, one below the other
    const { line, label } = state.curves[c];
    line.setAttribute("d", path(state, state.shown, c));
    free = Math.max(free, level(last[c]) + 4);
    label.setAttribute("y", free);
    free += 15;
  }
}

function follow(state) {
  const time = state.video.currentTime;
  const x = place(state, time);
  state.head.setAttribute("x1", x);
  state.head.setAttribute("x2", x);
  const now = state.data.utterances.findIndex(([start, end]) => start <= time && time < end);
  state.rows.forEach(({ row }, i) => row.classList.toggle("playing", i === now));
}

function answer(state, kept) {
  return state.data.answers.find((one) => one.kept.join() === kept.join());
}

function described(state) {
  return `Probability of each emotion, utterance by utterance. ${answer(state, state.kept).happening}`;
}

function top(row) {
  return row.indexOf(Math.max(...row));
}

function level(share) {
  return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
}

function place(state, time) {
  const end = state.data.utterances[state.data.utterances.length - 1][1];
  return LEFT + (Math.min(time, end) / end) * (state.width - LEFT - RIGHT);
}

function middle(state, i) {
  const [start, end] = state.data.utterances[i];
  return place(state, (start + end) / 2);
}

function path(state, rows, c) {
  return rows.map((row, i) => `${i ? "L" : "M"}${middle(state, i).toFixed(1)} ${level(row[c]).toFixed(1)}`).join("");
}

function draw(tag, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

function element(tag, name, parent) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  parent.append(made);
  return made;
}
