// Brings what a step is about into view, right below the story's bar, and keeps it there while charts above it are still
// being drawn, until the presenter scrolls, clicks or types.

const PATIENCE = 60000; // milliseconds: some pages measure while they are shown
let step = "";
let stop = new AbortController();

export default function (component) {
  const bar = document.querySelector(".st-key-lecture");
  if (!bar) return;
  bar.style.backgroundColor = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
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
