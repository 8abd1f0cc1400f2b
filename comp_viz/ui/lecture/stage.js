// What a lecture needs of the browser: the chart of a step in view, keys that are never lost, the words of the selected utterance
// on the bar, a black screen, and the presenter's notes in a window of their own.

const PATIENCE = 60000; // milliseconds: some pages measure while they are shown
const EVERY = 1000; // milliseconds between two counts of the class
const AGAIN = 100; // until it is seen again whether what waits can be done
const SILENCE = 20000; // after which a click that nothing came of is made once more
const KEYS = { PageDown: "lecture-on", PageUp: "lecture-back", a: "show-answers", A: "show-answers" }; // and their buttons
const DARK = ["b", "B", "."]; // what presenters' remote controls send to black the screen out
let step = "";
let stop = new AbortController();
let script = null; // what the presenter reads
let presenter = null; // the window with the notes
let began = 0; // when it was opened
const presses = []; // buttons that are asked for, by key or by mouse, and since when; each stays until its step is open
let clickedAt = 0; // when the first of them was clicked, 0 before
let next = 0; // the timer that looks at them again
let tallyAt = null; // where the class is counted
let tally = ""; // how many phones there are and have chosen, in words
let counting = 0; // when that was asked last

// Streamlit's own shortcuts leave keys to fields, and know nothing of a button that is not drawn yet or of a step being opened.
window.addEventListener("keydown", heard, { capture: true });
window.addEventListener("click", clicked, { capture: true });
setInterval(tick, 500);

export default function (component) {
  const bar = document.querySelector(".st-key-lecture");
  if (!bar) return;
  bar.style.setProperty("--ground", getComputedStyle(document.querySelector(".stApp")).backgroundColor);
  script = component.data.script;
  tallyAt = component.data.tally;
  const place = component.parentElement.querySelector(".stage");
  if (!place.firstChild) {
    place.innerHTML = `<button type="button">Presenter's window</button><span class="tally"></span>`;
    place.firstChild.onclick = openPresenter;
  }
  show();
  if (step === component.data.step) return; // drawn again: leave the audience where it looks
  step = component.data.step;
  if (clickedAt) done(); // the step that was asked for is open
  deliver();
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, () => stop.abort(), { signal, capture: true });
  }
  look(component.data.show, performance.now() + PATIENCE, signal);
}

function heard(event) {
  const field = event.target;
  if (!document.querySelector(".st-key-lecture") && !document.querySelector(".blackout")) return;
  const types = /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName ?? "") || field.isContentEditable;
  if (event.key.startsWith("Page") && KEYS[event.key] && field.getAttribute?.("aria-expanded") !== "true") {
    if (types) field.blur(); // what was typed is sent
  } else if (!means(event.key) || types || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) act(event.key);
}

// Answers are those of a class.
function means(key) {
  return DARK.includes(key) || (KEYS[key] && (tallyAt || KEYS[key] !== KEYS.a));
}

// A click waits its turn as a key does.
function clicked(event) {
  const name = Object.values(KEYS).find((each) => event.target.closest?.(`.st-key-${each} button`));
  if (!name || !event.isTrusted) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  press(name);
}

function act(key) {
  if (KEYS[key]) press(KEYS[key]);
  else blackOut();
}

function press(name) {
  presses.push({ name, since: performance.now() });
  deliver();
}

// Click the button that was asked for first, once it is drawn, the server can hear of it, and the step before it is open.
// One that is disabled leads beyond the story, or was clicked before.
function deliver() {
  clearTimeout(next);
  while (presses.length && performance.now() - presses[0].since > PATIENCE && !working()) done();
  if (!presses.length) return;
  next = setTimeout(deliver, AGAIN);
  const button = document.querySelector(`.st-key-${presses[0].name} button`);
  if (!button || app("connection") !== "CONNECTED") return;
  if (button.disabled) return done();
  if (clickedAt && (working() || performance.now() - clickedAt < SILENCE)) return;
  clickedAt = performance.now();
  button.click();
  if (presses[0].name === KEYS.a) done(); // it opens no step
}

function done() {
  presses.shift();
  clickedAt = 0;
}

function working() {
  return app("script") !== "notRunning";
}

function app(what) {
  return document.querySelector(".stApp")?.getAttribute(`data-test-${what}-state`);
}

function blackOut() {
  const dark = document.querySelector(".blackout");
  if (dark) return dark.remove();
  const cover = document.createElement("div");
  cover.className = "blackout";
  cover.onclick = () => cover.remove();
  document.body.append(cover);
}

// The words of the selected utterance stand on the bar, wherever the page is scrolled to.
function tick() {
  const bar = document.querySelector(".st-key-lecture");
  if (!bar && !working()) presses.length = clickedAt = 0; // the story was left
  if (bar) {
    const words = document.querySelector(".st-key-utterance-words p")?.textContent.trim() ?? "";
    let line = bar.querySelector(".words");
    if (!line && words) {
      line = document.createElement("p");
      line.className = "words";
      bar.append(line);
    }
    const number = document.querySelector(".st-key-utterance input")?.value;
    const text = words && (number ? `Utterance ${number} · ${words}` : words);
    if (line && line.textContent !== text) line.textContent = text;
  }
  time();
  count();
}

// How many phones there are, and have chosen: here and in the presenter's window.
async function count() {
  if (!tallyAt || !document.querySelector(".st-key-lecture") || performance.now() - counting < EVERY) return;
  counting = performance.now();
  const reply = await fetch(tallyAt, { cache: "no-store" }).catch(() => null);
  tally = reply?.ok ? tallyWords(await reply.json()) : "The server does not answer.";
  for (const page of [document, presenter?.document]) {
    for (const line of page?.querySelectorAll(".tally") ?? []) if (line.textContent !== tally) line.textContent = tally;
  }
}

function tallyWords({ phones, chosen, ready, problem }) {
  if (problem) return `No pages for phones: ${problem}`;
  const there = `${phones} ${phones === 1 ? "phone" : "phones"}`;
  return ready ? `${there}, ${chosen} ${chosen === 1 ? "has" : "have"} chosen` : `${there}; their pages are being made …`;
}

function openPresenter() {
  presenter = window.open("", "comp-viz-presenter", "width=760,height=720");
  if (!presenter) return;
  began ||= Date.now();
  presenter.document.title = "Presenter's notes";
  presenter.document.body.innerHTML = `<style>
    body { font: 20px/1.45 system-ui, sans-serif; margin: 1.5rem; background: #14181d; color: #f2f4f7; }
    header { display: flex; justify-content: space-between; font-size: 26px; } small { color: #a3abb8; font-size: 16px; }
    h1 { font-size: 26px; margin: 1rem 0 .3rem; } .ask { font-style: italic; margin: 0 0 1rem; }
    .notes { white-space: pre-line; } .next { margin-top: 1.5rem; border-top: 1px solid #3d444f; padding-top: .6rem; }
    button { font: inherit; margin: 1rem .6rem 0 0; padding: .3rem .9rem; }
    </style><header><span class="at"></span><span class="clock"></span></header><h1 class="say"></h1><p class="ask"></p>
    <p class="notes"></p><p class="tally"></p><div class="next"><small>Next</small><div class="then"></div></div>
    <button data-key="PageUp">Back</button><button data-key="PageDown">Next</button><button data-key="b">Black out (B)</button>
    ${tallyAt ? '<button data-key="a">Show answers (A)</button>' : ""}`;
  presenter.onkeydown = (event) => {
    if (!means(event.key)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!event.repeat) act(event.key);
  };
  presenter.onclick = (event) => event.target.dataset?.key && act(event.target.dataset.key);
  show();
}

// Everything is set as text: a story may hold anything.
function show() {
  if (!presenter || presenter.closed || !script) return;
  const { here, steps } = script;
  const after = steps[here + 1];
  const texts = {
    at: `${script.title}, step ${here + 1} of ${steps.length}`,
    say: steps[here].say,
    ask: steps[here].ask,
    notes: steps[here].notes,
    then: after ? `${after.say} ${after.ask}` : "The story ends here.",
  };
  for (const [name, text] of Object.entries(texts)) presenter.document.querySelector(`.${name}`).textContent = text;
  time();
}

function time() {
  const clock = presenter && !presenter.closed && presenter.document.querySelector(".clock");
  if (!clock || !script) return;
  const seconds = Math.floor((Date.now() - began) / 1000);
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} of ${script.minutes} min`;
}

function look(show, until, signal) {
  const main = document.querySelector(".stMain");
  const bar = document.querySelector(".st-key-lecture");
  if (signal.aborted || !main || !bar || performance.now() > until) return;
  const found = show && place(main, `.${show}-title, .${show}`);
  const below = found ? found.getBoundingClientRect().top - bar.getBoundingClientRect().bottom - 12 : 0;
  main.scrollTo({ top: show ? main.scrollTop + below : 0, behavior: "instant" });
  setTimeout(() => look(show, until, signal), 200);
}

// An element of the page, or inside a component of ours that keeps its styles to itself.
function place(main, selector) {
  const hosts = [...main.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
  return [main, ...hosts.map((host) => host.shadowRoot)].map((root) => root?.querySelector(selector)).find(Boolean);
}
