// Brings what a step is about into view, right below the story's bar, and keeps it there while charts above it are still
// being drawn, until the presenter scrolls, clicks or types. The keys that go on and back also do so from a field that was
// just typed into, where Streamlit leaves them to the field.

const PATIENCE = 60000; // milliseconds: some pages measure while they are shown
let step = "";
let stop = new AbortController();

const KEYS = { PageDown: "on", PageUp: "back" };
document.addEventListener("keydown", (event) => {
  const field = event.target;
  const button = document.querySelector(`.st-key-lecture-${KEYS[event.key]} button`);
  if (!button || field.tagName !== "INPUT" || field.getAttribute("aria-expanded") === "true") return;
  event.preventDefault();
  field.blur();
  button.click();
});

export default function (component) {
  const bar = document.querySelector(".st-key-lecture");
  if (!bar) return;
  bar.style.setProperty("--ground", getComputedStyle(document.querySelector(".stApp")).backgroundColor);
  if (step === component.data.step) return; // drawn again: leave the audience where it looks
  step = component.data.step;
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, () => stop.abort(), { signal, capture: true });
  }
  look(component.data.show, performance.now() + PATIENCE, signal);
}

function look(show, until, signal) {
  const main = document.querySelector(".stMain");
  const bar = document.querySelector(".st-key-lecture");
  if (signal.aborted || !main || !bar || performance.now() > until) return;
  const found = show && main.querySelector(`.${show}-title, .${show}`);
  const below = found ? found.getBoundingClientRect().top - bar.getBoundingClientRect().bottom - 12 : 0;
  main.scrollTo({ top: show ? main.scrollTop + below : 0, behavior: "instant" });
  setTimeout(() => look(show, until, signal), 200);
}
