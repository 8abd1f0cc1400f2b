// The cells of the availability matrix: drag across cells, modalities' names or utterances' numbers, or tap. A finger paints by
// going sideways over cells; up and down, and sideways elsewhere, it scrolls. Keyboard: Tab to the matrix, arrows to move, Space or
// Enter to toggle the cell, R its row, C its column. `state.changed()` hears of every change as it is made,
// `state.lifted(places)` of each finished gesture.

const SIDEWAYS = 8; // pixels that a finger goes before it paints: until then it may be about to scroll

function buildCells(root, state) {
  const { modalities, marks, utterances, left, right } = state.data;
  root.setAttribute("role", "grid");
  root.setAttribute("aria-label", "Availability of every modality of every utterance");
  state.numbers = [];
  state.cells = modalities.map(() => []);
  const top = element("div", "row numbers", root);
  const corner = element("span", "corner", top);
  corner.style.width = `${left}px`;
  const numbers = element("div", "cells", top);
  numbers.style.marginRight = `${right}px`;
  const step = [1, 2, 5, 10, 20, 50, 100].find((n) => utterances / n <= 28) ?? 200;
  for (let s = 0; s < utterances; s++) {
    const number = element("button", "number", numbers);
    number.textContent = s === 0 || (s + 1) % step === 0 ? s + 1 : "·";
    number.tabIndex = -1;
    number.dataset.s = s;
    number.title = `Utterance ${s + 1}: click to take away or give back all its modalities`;
    number.setAttribute("aria-label", `utterance ${s + 1}, all modalities`);
    state.numbers.push(number);
  }
  modalities.forEach((modality, m) => {
    const row = element("div", "row", root);
    row.setAttribute("role", "row");
    row.style.setProperty("--tone", state.data.colours[m]);
    const name = element("button", "name", row);
    name.style.width = `${left}px`;
    name.textContent = `${marks[m]} ${modality}`;
    name.title = `Take away or give back ${modality} for the whole conversation`;
    name.dataset.m = m;
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
  listenToPointer(root, state);
  listenToKeys(root, state);
}

function buildKey(root) {
  const key = element("div", "key", root);
  for (const [kind, text] of [["", "observed"], ["missing", "missing"], ["absent", "not in the recording"], ["changed", "edited by hand"]]) {
    const item = element("span", "", key);
    element("i", "", element("b", `cell ${kind}`, item));
    item.append(text);
  }
}

// What a stroke may begin on -> the entries that one step of it covers.
const STROKES = {
  cell: (state, [s, m]) => [[s, m]],
  name: (state, [, m]) => wholeRow(state, m),
  number: (state, [s]) => wholeColumn(state, s),
};

function listenToPointer(root, state) {
  let stroke = null; // its kind, the value it paints, the entries it has touched, where it began, the place it came to
  const under = (event) => {
    const target = root.getRootNode().elementFromPoint(event.clientX, event.clientY)?.closest?.(".cell, .name, .number");
    return target && root.contains(target) ? target : null;
  };
  const placeOf = (target) => [Number(target.dataset.s ?? stroke?.last[0] ?? 0), Number(target.dataset.m ?? stroke?.last[1] ?? 0)];
  const touch = (place) => {
    for (const entry of STROKES[stroke.kind](state, place)) {
      if (!available(state, entry) || stroke.touched.has(String(entry))) continue;
      stroke.touched.set(String(entry), entry);
      show(state, entry, stroke.value);
    }
  };
  const begin = () => {
    stroke.painting = state.underWay = true;
    touch(stroke.last);
    state.changed(); // the model works while the page lays out what has the keyboard
    if (stroke.kind === "cell") focus(state, stroke.last);
  };
  const drag = (place) => {
    const [s, m] = stroke.last;
    const before = stroke.touched.size;
    const steps = Math.max(Math.abs(place[0] - s), Math.abs(place[1] - m));
    for (let i = 1; i <= steps; i++) touch([s + Math.round(((place[0] - s) * i) / steps), m + Math.round(((place[1] - m) * i) / steps)]);
    stroke.last = place;
    if (stroke.touched.size > before) state.changed();
  };
  const end = () => {
    const touched = [...stroke.touched.values()];
    stroke = null;
    state.underWay = false;
    if (touched.length) state.lifted(touched);
  };
  root.onpointerdown = (event) => {
    const target = event.button === 0 && event.isPrimary && under(event);
    if (!target) return;
    const kind = target.classList[0];
    const last = placeOf(target);
    const byFinger = event.pointerType === "touch";
    stroke = { kind, byFinger, value: valueAfter(state, STROKES[kind](state, last)), touched: new Map(), from: [event.clientX, event.clientY], last };
    if (byFinger) return;
    event.preventDefault();
    root.setPointerCapture(event.pointerId);
    begin();
  };
  root.onpointermove = (event) => {
    if (stroke?.painting && !state.underWay) stroke = null; // the matrix was built anew meanwhile
    if (!stroke) return;
    if (!stroke.painting && stroke.kind === "cell" && sideways(stroke.from, event)) begin();
    const target = stroke.painting && under(event);
    if (target) drag(placeOf(target));
  };
  root.onpointerup = () => {
    if (stroke && !stroke.painting) begin(); // a tap
    if (stroke) end();
  };
  root.onpointercancel = () => {
    if (stroke?.painting) end();
    stroke = null; // a finger that scrolls has painted nothing
  };
  root.onclick = (event) => {
    const target = event.detail === 0 && event.target.closest(".cell, .name, .number"); // by keyboard or a screen reader
    if (target) toggleAll(state, STROKES[target.classList[0]](state, placeOf(target)));
  };
}

// Whether a finger has gone further sideways than up or down, and far enough.
function sideways([x, y], { clientX, clientY }) {
  const across = Math.abs(clientX - x);
  return across > SIDEWAYS && across > Math.abs(clientY - y);
}

function listenToKeys(root, state) {
  root.addEventListener("focusin", (event) => {
    if (event.target.classList.contains("cell")) state.focus = [Number(event.target.dataset.s), Number(event.target.dataset.m)];
  });
  root.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!event.target.classList.contains("cell")) return;
    const [s, m] = [Number(event.target.dataset.s), Number(event.target.dataset.m)];
    if (moves[event.key]) {
      event.preventDefault();
      const [ds, dm] = moves[event.key];
      focus(state, [clamp(s + ds, state.data.utterances), clamp(m + dm, state.data.modalities.length)]);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      focus(state, [event.key === "Home" ? 0 : state.data.utterances - 1, m]);
    } else if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      toggleAll(state, [[s, m]]);
    } else if ("rc".includes(event.key.toLowerCase()) && !event.ctrlKey && !event.metaKey) {
      event.stopPropagation(); // to Streamlit R means to run the page again, and C to empty its cache
      toggleAll(state, event.key.toLowerCase() === "r" ? wholeRow(state, m) : wholeColumn(state, s));
    }
  };
  // Where lifting Space clicks what has the keyboard, a cell would be toggled twice.
  root.onkeyup = (event) => event.key === " " && event.target.classList.contains("cell") && event.preventDefault();
}

function toggleAll(state, places) {
  const open = places.filter((place) => available(state, place));
  const value = valueAfter(state, open);
  open.forEach((place) => show(state, place, value));
  if (!open.length) return;
  state.changed();
  state.lifted(open);
}

// Entries are given back unless all of them are there.
function valueAfter(state, places) {
  return !places.filter((place) => available(state, place)).every((place) => shown(state, place));
}

// The matrix as one text of 0 and 1 a modality.
function columnsText(state) {
  return state.cells.map((cells, m) => cells.map((_, s) => (available(state, [s, m]) && shown(state, [s, m]) ? "1" : "0")).join(""));
}

const wholeRow = (state, m) => Array.from({ length: state.data.utterances }, (_, s) => [s, m]);
const wholeColumn = (state, s) => state.data.modalities.map((_, m) => [s, m]);

function paintCells(state) {
  const { utterances, modalities } = state.data;
  modalities.forEach((_, m) => {
    for (let s = 0; s < utterances; s++) show(state, [s, m], state.data.observed[m][s] === "1");
  });
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
