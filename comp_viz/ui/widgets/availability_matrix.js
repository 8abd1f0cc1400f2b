// The availability matrix: click or drag cells, click a modality's name for its row, an utterance's number for its column.
// Touch: tap a cell, swipe to scroll. Keyboard: Tab to the matrix, arrows to move, Space or Enter to toggle the cell, R its row,
// C its column. Each finished gesture sends the whole matrix, so that none is lost when several are under way, and an answer
// to an earlier gesture does not paint over a later one.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".availability_matrix");
  const state = (root.state ??= { focus: [0, 0] });
  Object.assign(state, { data, send: (value) => setTriggerValue("edit", value) });
  const shape = JSON.stringify([data.modalities, data.utterances, data.left, data.right]);
  if (state.shape !== shape) {
    state.shape = shape;
    state.focus = [0, 0];
    state.sent = 0;
    build(root, state);
  }
  if (data.stamp >= state.sent) paint(state);
}

function build(root, state) {
  const { modalities, marks, utterances, left, right } = state.data;
  root.replaceChildren();
  root.setAttribute("role", "grid");
  root.setAttribute("aria-label", "Availability of every modality of every utterance");
  root.style.setProperty("--narrow", `${left + utterances * 12}px`);
  const scroll = element("div", "scroll", root);
  state.numbers = [];
  state.cells = modalities.map(() => []);
  const top = element("div", "row numbers", scroll);
  const corner = element("span", "corner", top);
  corner.style.width = `${left}px`;
  const numbers = element("div", "cells", top);
  numbers.style.marginRight = `${right}px`;
  const step = [1, 2, 5, 10, 20, 50, 100].find((n) => utterances / n <= 28) ?? 200;
  for (let s = 0; s < utterances; s++) {
    const number = element("button", "number", numbers);
    number.textContent = s === 0 || (s + 1) % step === 0 ? s + 1 : "·";
    number.tabIndex = -1;
    number.title = `Utterance ${s + 1}: click to take away or give back all its modalities`;
    number.setAttribute("aria-label", `utterance ${s + 1}, all modalities`);
    number.onclick = () => toggleAll(state, wholeColumn(state, s));
    state.numbers.push(number);
  }
  modalities.forEach((modality, m) => {
    const row = element("div", "row", scroll);
    row.setAttribute("role", "row");
    row.style.setProperty("--tone", state.data.colours[m]);
    const name = element("button", "name", row);
    name.style.width = `${left}px`;
    name.textContent = `${marks[m]} ${modality}`;
    name.title = `Take away or give back ${modality} for the whole conversation`;
    name.onclick = () => toggleAll(state, wholeRow(state, m));
    const cells = element("div", "cells", row);
    cells.style.marginRight = `${right}px`;
    for (let s = 0; s < utterances; s++) {
      const cell = element("button", "cell", cells);
      element("i", "", cell);
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = -1;
      cell.dataset.s = s;
      cell.dataset.m = m;
      state.cells[m].push(cell);
    }
  });
  listen(scroll, state);
  const key = element("div", "key", root);
  for (const [kind, text] of [["", "observed"], ["missing", "missing"], ["absent", "not in the recording"], ["changed", "edited by hand"]]) {
    const item = element("span", "", key);
    element("i", "", element("b", `cell ${kind}`, item));
    item.append(text);
  }
}

function listen(scroll, state) {
  let stroke = null; // the gesture under way: the value it paints, the cells it has touched, the place it came to
  const at = (event) => {
    const under = scroll.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest?.(".cell");
    return under && scroll.contains(under) ? [Number(under.dataset.s), Number(under.dataset.m)] : null;
  };
  const touch = (place) => {
    if (!available(state, place) || stroke.touched.has(String(place))) return;
    stroke.touched.set(String(place), place);
    show(state, place, stroke.value);
  };
  const drag = (place) => {
    if (!place) return;
    const [s, m] = stroke.last;
    const steps = Math.max(Math.abs(place[0] - s), Math.abs(place[1] - m));
    for (let i = 1; i <= steps; i++) touch([s + Math.round(((place[0] - s) * i) / steps), m + Math.round(((place[1] - m) * i) / steps)]);
    stroke.last = place;
  };
  scroll.onpointerdown = (event) => {
    const place = event.button === 0 && event.pointerType !== "touch" && at(event);
    if (!place) return;
    event.preventDefault();
    stroke = { value: !shown(state, place), touched: new Map(), last: place };
    touch(place);
    focus(state, place);
    scroll.setPointerCapture(event.pointerId);
  };
  scroll.onpointermove = (event) => stroke && drag(at(event));
  scroll.onpointerup = scroll.onpointercancel = () => {
    if (stroke?.touched.size) send(state, [...stroke.touched.values()]);
    stroke = null;
  };
  scroll.onclick = (event) => {
    const place = event.pointerType === "touch" && at(event);
    if (place) toggleAll(state, [place]);
  };
  scroll.addEventListener("focusin", (event) => {
    if (event.target.dataset.s) state.focus = [Number(event.target.dataset.s), Number(event.target.dataset.m)];
  });
  scroll.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [s, m] = state.focus;
    if (!event.target.classList.contains("cell")) return;
    if (moves[event.key]) {
      event.preventDefault();
      const [ds, dm] = moves[event.key];
      focus(state, [clamp(s + ds, state.data.utterances), clamp(m + dm, state.data.modalities.length)]);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      focus(state, [event.key === "Home" ? 0 : state.data.utterances - 1, m]);
    } else if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      toggleAll(state, [state.focus]);
    } else if (event.key === "r" || event.key === "R") {
      toggleAll(state, wholeRow(state, m));
    } else if (event.key === "c" || event.key === "C") {
      toggleAll(state, wholeColumn(state, s));
    }
  };
}

function toggleAll(state, places) {
  const open = places.filter((place) => available(state, place));
  const value = !open.every((place) => shown(state, place)); // give back unless everything is there
  open.forEach((place) => show(state, place, value));
  if (open.length) send(state, open);
}

function send(state, places) {
  state.sent += 1;
  const observed = state.cells.map((cells, m) =>
    cells.map((_, s) => (available(state, [s, m]) && shown(state, [s, m]) ? "1" : "0")).join(""),
  );
  state.send({ observed, utterances: [...new Set(places.map(([s]) => s))], stamp: state.sent });
}

const wholeRow = (state, m) => Array.from({ length: state.data.utterances }, (_, s) => [s, m]);
const wholeColumn = (state, s) => state.data.modalities.map((_, m) => [s, m]);

function paint(state) {
  const { utterances, modalities, selected } = state.data;
  modalities.forEach((_, m) => {
    for (let s = 0; s < utterances; s++) show(state, [s, m], state.data.observed[m][s] === "1");
  });
  state.numbers.forEach((number, s) => number.classList.toggle("selected", s === selected));
  const [s, m] = state.focus;
  state.cells.flat().forEach((cell) => (cell.tabIndex = -1));
  state.cells[m][s].tabIndex = 0;
}

function show(state, [s, m], observed) {
  const cell = state.cells[m][s];
  const there = available(state, [s, m]);
  const changed = there && observed !== (state.data.base[m][s] === "1");
  const look = ["cell", there ? (observed ? "" : "missing") : "absent", changed ? "changed" : ""].filter(Boolean).join(" ");
  if (cell.className === look && cell.title) return; // hundreds of cells, of which a click changes one
  cell.className = look;
  const word = there ? (observed ? "observed" : "missing") : "not in the recording";
  cell.title = `${state.data.modalities[m]}, utterance ${s + 1}: ${word}`;
  cell.setAttribute("aria-label", cell.title);
}

const shown = (state, [s, m]) => !state.cells[m][s].classList.contains("missing");
const available = (state, [s, m]) => state.data.available[m][s] === "1";
const clamp = (value, length) => Math.max(0, Math.min(length - 1, value));

function focus(state, [s, m]) {
  const [oldS, oldM] = state.focus;
  state.cells[oldM][oldS].tabIndex = -1;
  state.focus = [s, m];
  state.cells[m][s].tabIndex = 0;
  state.cells[m][s].focus({ preventScroll: true });
}

function element(tag, className, parent) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent.append(made);
  return made;
}
