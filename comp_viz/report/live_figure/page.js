// The page: state, controls, and what is redrawn when an answer comes. Until the model is loaded, and where it cannot be, the
// picture is of the answer that PyTorch gave when the figure was made.

const figure = new Figure(JSON.parse(byId("facts").textContent));
const state = { selected: figure.selected, answer: figure.saved, contributions: null, attention: null };
const prepared = Uint8Array.from(figure.observed);
// Where our own server serves the page.
const redraw = () => {
  guess.draw();
  drawSelected();
};
const hall = figure.hall ? new Hall(figure.hall, redraw, become) : null;
const guess = hall ? new ClassGuess(byId("guess"), figure, hall) : new Guess(byId("guess"), figure);
let engine = null;
let frame = 0; // the next drawing that is asked for
let width = 0; // pixels that there are for what is drawn along the conversation
let settled = 0; // the timer of what is only worked out once the finger rests

const matrix = new Matrix(byId("matrix"), figure, ({ pattern, selected }) => {
  if (selected !== undefined) state.selected = selected;
  matrix.paint(figure.observed, state.selected);
  if (pattern) ask();
  else draw();
});

async function ask() {
  showRate();
  if (!engine) return;
  clearTimeout(settled);
  const answer = await engine.answer(figure.observed, { attention: figure.propagates }).catch(failed);
  if (!answer) return;
  const heads = Object.entries(answer.heads).map(([name, { values }]) => [name, values]);
  state.answer = { fused: answer.fused.values, heads: Object.fromEntries(heads), weights: answer.weights?.values ?? null };
  state.attention = answer.attention;
  state.contributions = null;
  frame ||= requestAnimationFrame(draw); // once a frame, however many answers come before it
  settled = setTimeout(contribute, 150);
}

async function contribute() {
  const contributions = await engine?.coalitions(figure.observed).catch(failed);
  if (!contributions) return;
  state.contributions = contributions;
  drawSelected();
}

function failed(error) {
  engine = null;
  document.body.classList.add("still");
  byId("status").textContent = `The model cannot run in this browser (${error.message}). Shown is the pattern with which the figure was made.`;
  figure.observed = bits(figure.saved.observed, figure.places.length);
  state.answer = figure.saved;
  matrix.paint(figure.observed, state.selected);
  showRate();
  draw();
}

function measure() {
  width = Math.max(byId("along").clientWidth, LEFT + 8 + figure.utterances * 9);
  matrix.numberFor((width - LEFT - 8) / figure.utterances);
  draw();
}

// It reads nothing of the page's layout, which would have to be worked out first.
function draw() {
  cancelAnimationFrame(frame);
  frame = 0;
  const { answer, selected } = state;
  byId("inner").style.width = `${width}px`;
  byId("prediction").replaceChildren(predictionChart(figure, answer, selected, width));
  byId("weights").replaceChildren(...(answer.weights ? [weightsChart(figure, answer, selected, width)] : []));
  byId("attention").replaceChildren(...(state.attention ? [attentionChart(figure, state.attention, selected, width)] : []));
  byId("finding").textContent = predictionWords(figure, answer);
  drawSelected();
  if (byId("numbers").open) fillTable(figure, answer);
}

function drawSelected() {
  const { answer, selected, contributions } = state;
  byId("which").textContent = `Utterance ${selected + 1} of ${figure.utterances}`;
  byId("utterance").value = selected + 1;
  byId("said").textContent = figure.transcripts[selected] ?? "";
  const label = figure.labels[selected];
  const shown = label === null ? "no label" : figure.task.classes.length ? figure.task.classes[label] : decimal(label);
  byId("label").textContent = `Label: ${shown}`;
  byId("heads").replaceChildren(headsChart(figure, answer, selected));
  byId("contributions").classList.toggle("waiting", !contributions && Boolean(engine));
  byId("contributions").hidden = !guess.made;
  hall?.noteView(selected !== figure.selected || figure.observed.some((there, i) => there !== prepared[i]));
  if (contributions) {
    const none = figure.silent(selected) && element("p", { class: "quiet" }, "Nothing of this utterance was recorded.");
    byId("contributions").replaceChildren(none || contributionChart(figure, contributions[selected]));
    guess.verdict(figure, contributions[selected]);
  }
}

function showRate() {
  byId("taken").textContent = `${percent(figure.missingRate())} of what was recorded is missing`;
  // The slider has a rate only while the pattern is one that it drew.
  const drawn = figure.drawn.find(({ observed }) => bits(observed, figure.places.length).every((there, i) => there === figure.observed[i]));
  const rate = drawn ? percent(drawn.rate) : "other";
  byId("asked-rate").textContent = rate;
  byId("rate").setAttribute("aria-valuetext", rate);
  for (const [m, control] of [...byId("switches").children].entries()) {
    const there = figure.range.filter(s => figure.recorded[figure.at(s, m)]);
    const left = there.filter(s => figure.observed[figure.at(s, m)]).length;
    control.setAttribute("aria-pressed", left === there.length ? "true" : left ? "mixed" : "false");
  }
}

function controls() {
  figure.modalities.forEach(({ name, mark }, m) => {
    const control = element("button", { type: "button", style: `--tone:var(--m${m})` }, `${mark} ${name}`);
    control.onclick = () => matrix.toggle(figure.places.filter(place => place[1] === m));
    byId("switches").append(control);
  });
  const classes = figure.task.classes.length
    ? figure.task.classes.map((name, c) => [name, `var(--c${c % 8})`])
    : [["negative", "var(--negative)"], ["positive", "var(--positive)"]];
  byId("legend").append(...classes.map(([name, colour]) => element("span", { class: "class", style: `--tone:${colour}` }, name)));
  if (figure.labels.some(label => label !== null)) byId("truth").textContent = figure.task.classes.length ? ", bars at the foot the labels" : ", rings the labels";
  const slider = byId("rate");
  setSlider();
  slider.oninput = () => {
    figure.observed.set(bits(figure.drawn[slider.value].observed, figure.places.length));
    matrix.paint(figure.observed, state.selected);
    ask();
  };
  byId("restore").onclick = () => {
    figure.observed.set(figure.recorded);
    slider.value = 0;
    matrix.paint(figure.observed, state.selected);
    ask();
  };
  const go = s => {
    state.selected = clamp(s, figure.utterances);
    matrix.paint(figure.observed, state.selected);
    draw();
  };
  byId("utterance").max = figure.utterances;
  byId("utterance").onchange = event => go(Number(event.target.value) - 1 || 0);
  byId("earlier").onclick = () => go(state.selected - 1);
  byId("later").onclick = () => go(state.selected + 1);
  byId("inner").onclick = event => {
    const chart = event.target.closest("svg");
    if (!chart) return;
    const place = (event.clientX - chart.getBoundingClientRect().left - LEFT) / ((chart.clientWidth - LEFT - 8) / figure.utterances);
    if (place >= 0) go(Math.floor(place));
  };
  const turns = { PageDown: "next", PageUp: "prev" }; // of a lecture, as presenters' remote controls send them
  document.onkeydown = event => document.querySelector(`a[rel=${turns[event.key]}]`)?.click();
  byId("numbers").ontoggle = () => fillTable(figure, state.answer);
  byId("look").onclick = () => {
    const dark = document.documentElement.dataset.look === "dark" || (!document.documentElement.dataset.look && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.look = dark ? "light" : "dark";
  };
}

/** The slider where the pattern of the figure is one of its own, else at nothing missing. */
function setSlider() {
  const slider = byId("rate");
  slider.max = figure.drawn.length - 1;
  slider.value = Math.max(figure.drawn.findIndex(({ observed }) => observed === figure.saved.observed), 0);
}

/**
 * Become the page of another step, with the engine that is here. False where that step has another model or conversation, or
 * nothing runs here: then it is to be opened. Throws where the server does not answer.
 */
async function become(address) {
  const reply = await fetch(address);
  if (!reply.ok || document.body.classList.contains("still")) return false;
  const next = new DOMParser().parseFromString(await reply.text(), "text/html");
  const parts = page => [...page.querySelectorAll("script[src]")].map(part => part.getAttribute("src")).join();
  if (document.readyState === "loading" || parts(next) !== parts(document)) return false;
  history.replaceState(null, "", address);
  document.title = next.title;
  for (const part of ["nav", ".ask", "h1", "footer"]) document.querySelector(part).replaceWith(next.querySelector(part));
  Object.assign(figure, new Figure(JSON.parse(next.getElementById("facts").textContent)));
  prepared.set(figure.observed);
  guess.alone = null;
  matrix.stroke = null; // a finger that is down was put there for the other pattern
  byId("contributions").replaceChildren();
  Object.assign(state, { selected: figure.selected, answer: figure.saved, contributions: null, attention: null });
  setSlider();
  matrix.paint(figure.observed, state.selected);
  draw();
  ask();
  scrollTo(0, 0);
  const heading = document.querySelector("h1"); // what a screen reader is to say
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  return true;
}

/** Everything as a table, of one row an utterance. */
function fillTable({ range, modalities, words, at, observed, task, labels, ...rest }, answer) {
  const M = modalities.length;
  const names = ["utterance", "label", "fused", ...Object.keys(answer.heads), ...(answer.weights ? modalities.map(({ name }) => `weight of ${name}`) : []), "observed"];
  const cells = s => [
    s + 1,
    labels[s] === null ? "" : task.classes.length ? task.classes[labels[s]] : decimal(labels[s]),
    figure.words(answer.fused, s),
    ...Object.values(answer.heads).map(values => figure.words(values, s)),
    ...(answer.weights ? modalities.map((_, m) => percent(answer.weights[s * M + m])) : []),
    modalities.filter((_, m) => observed[at(s, m)]).map(({ name }) => name).join(", ") || "nothing",
  ];
  const row = (tag, values) => element("tr", {}, ...values.map(value => element(tag, {}, String(value))));
  byId("table").replaceChildren(element("thead", {}, row("th", names)), element("tbody", {}, ...range.map(s => row("td", cells(s)))));
}

const unpacked = id => {
  const text = byId(id).textContent;
  byId(id).remove();
  return decoded(text);
};

async function start() {
  controls();
  matrix.paint(figure.observed, state.selected);
  showRate();
  measure();
  new ResizeObserver(measure).observe(byId("along"));
  if (document.readyState === "loading") await new Promise(resolve => addEventListener("DOMContentLoaded", resolve)); // the blocks are below
  await new Promise(requestAnimationFrame);
  try {
    if (!byId("model") || !byId("wasm")) throw new Error("not all files came; reload the page to try again");
    engine = await Engine.open({
      worker: new TextDecoder().decode(unpacked("worker")),
      wasm: unpacked("wasm"),
      model: unpacked("model"),
      conversation: unpacked("conversation"),
    });
    const { saved } = figure; // which another step may replace meanwhile
    const there = await engine.answer(bits(saved.observed, figure.places.length));
    const apart = Math.max(...there.fused.values.map((value, i) => Math.abs(value - saved.fused[i])));
    document.body.dataset.parity = apart;
    if (!(apart < 1e-3)) throw new Error(`its numbers are ${apart} away from PyTorch's`);
    byId("status").textContent = `The model runs in this page. Its numbers are PyTorch's to ${apart.toExponential(0)}.`;
    await ask();
  } catch (error) {
    failed(error);
  }
}

start();
