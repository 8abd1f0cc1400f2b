// The availability matrix: press and drag to paint, tap a name for its row, a number to select its utterance; by keyboard arrows,
// Space, R for the row, C for the column. A finger paints by going sideways; up and down it scrolls.

const APART = 26; // pixels from one number to the next, of three digits
const SIDEWAYS = 8; // pixels that a finger goes before it paints: until then it may be about to scroll

class Matrix {
  constructor(root, figure, changed) {
    Object.assign(this, { root, figure, changed, stroke: null, cells: [] });
    const { modalities, utterances } = figure;
    root.style.setProperty("--count", utterances);
    modalities.forEach(({ name, mark }, m) => {
      const label = element("button", { class: "name", type: "button", style: `color:var(--m${m})`, title: `All of ${name}` }, `${mark} ${name}`);
      label.onclick = () => this.toggle(figure.places.filter(place => place[1] === m));
      const row = element("div", { class: "cells", role: "row" });
      this.cells.push(figure.range.map(s => row.appendChild(this.cell(s, m))));
      root.append(label, row);
    });
    this.numbers = element("div", { class: "cells numbers" }, ...figure.range.map(s => this.number(s)));
    root.append(element("span", { class: "name quiet" }, "utterance"), this.numbers);
    this.listen();
  }

  cell(s, m) {
    const there = this.figure.recorded[this.figure.at(s, m)];
    return element("button", {
      class: there ? "cell" : "cell absent", type: "button", role: "gridcell", tabindex: s || m ? -1 : 0, "data-s": s, "data-m": m,
      "aria-disabled": there ? null : "true", style: `--tone:var(--m${m})`,
    });
  }

  number(s) {
    const button = element("button", { class: "number", type: "button", tabindex: -1, "aria-label": `Select utterance ${s + 1}` });
    button.onclick = () => this.changed({ selected: s });
    return button;
  }

  /** Write as many numbers as stand apart where a cell is that wide, in pixels. */
  numberFor(width) {
    const step = [1, 2, 5, 10, 20, 50].find(n => n * width >= APART) ?? 100;
    [...this.numbers.children].forEach((number, s) => (number.textContent = s === 0 || (s + 1) % step === 0 ? s + 1 : "\u00b7"));
  }

  /** Show a pattern and the selected utterance. */
  paint(observed, selected) {
    for (const [s, m] of this.figure.places) {
      const there = observed[this.figure.at(s, m)];
      const cell = this.cells[m][s];
      const state = cell.classList.contains("absent") ? "not recorded" : there ? "observed" : "missing";
      cell.classList.toggle("selected", s === selected);
      if (cell.dataset.state === state) continue; // hundreds of cells, of which a move changes one
      cell.dataset.state = state;
      cell.classList.toggle("missing", !there);
      cell.setAttribute("aria-label", `${this.figure.modalities[m].name}, utterance ${s + 1}: ${state}`);
    }
    [...this.numbers.children].forEach((number, s) => number.setAttribute("aria-pressed", s === selected));
  }

  toggle(places) {
    const { recorded, observed, at } = this.figure;
    const open = places.filter(place => recorded[at(...place)]);
    const value = open.every(place => observed[at(...place)]) ? 0 : 1;
    open.forEach(place => (observed[at(...place)] = value));
    this.changed({ pattern: true });
  }

  listen() {
    const { figure, root } = this;
    const under = event => {
      const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest(".cell");
      return cell && root.contains(cell) ? [Number(cell.dataset.s), Number(cell.dataset.m)] : null;
    };
    const touch = place => {
      const index = figure.at(...place);
      if (!figure.recorded[index] || figure.observed[index] === this.stroke.value) return false;
      figure.observed[index] = this.stroke.value;
      return true;
    };
    const begin = () => {
      const { last } = this.stroke;
      this.stroke.painting = true;
      if (touch(last)) this.changed({ pattern: true });
      this.move(...last);
    };
    const drag = place => {
      const [s, m] = this.stroke.last;
      const steps = Math.max(Math.abs(place[0] - s), Math.abs(place[1] - m));
      const between = i => [s + Math.round(((place[0] - s) * i) / steps), m + Math.round(((place[1] - m) * i) / steps)];
      this.stroke.last = place;
      if (Array.from({ length: steps }, (_, i) => touch(between(i + 1))).some(Boolean)) this.changed({ pattern: true });
    };
    root.onpointerdown = event => {
      const last = event.button === 0 && event.isPrimary && under(event);
      if (!last) return;
      this.stroke = { value: figure.observed[figure.at(...last)] ? 0 : 1, from: [event.clientX, event.clientY], last };
      if (event.pointerType === "touch") return;
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      begin();
    };
    root.onpointermove = event => {
      if (!this.stroke) return;
      if (!this.stroke.painting && sideways(this.stroke.from, event)) begin();
      const place = this.stroke.painting && under(event);
      if (place) drag(place);
    };
    root.onpointerup = () => {
      if (this.stroke && !this.stroke.painting) begin(); // a tap
      this.stroke = null;
    };
    root.onpointercancel = () => (this.stroke = null); // a finger that scrolls has painted nothing
    root.onclick = event => {
      const cell = event.detail === 0 && event.target.closest(".cell"); // by a screen reader
      if (cell) this.toggle([[Number(cell.dataset.s), Number(cell.dataset.m)]]);
    };
    root.onkeydown = event => this.key(event);
    // Where lifting Space clicks what has the keyboard, a cell would be toggled twice.
    root.onkeyup = event => event.key === " " && event.target.classList.contains("cell") && event.preventDefault();
  }

  key(event) {
    if (!event.target.classList.contains("cell")) return;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-1e6, 0], End: [1e6, 0] };
    const [s, m] = [Number(event.target.dataset.s), Number(event.target.dataset.m)];
    const places = { " ": ([a, b]) => a === s && b === m, Enter: ([a, b]) => a === s && b === m, r: place => place[1] === m, c: place => place[0] === s };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (moves[key]) this.move(clamp(s + moves[key][0], this.figure.utterances), clamp(m + moves[key][1], this.figure.modalities.length));
    else if (places[key] && !event.ctrlKey && !event.metaKey) this.toggle(this.figure.places.filter(places[key]));
    else return;
    event.preventDefault();
  }

  move(s, m) {
    this.root.querySelector("[tabindex='0'].cell").tabIndex = -1;
    this.cells[m][s].tabIndex = 0;
    this.cells[m][s].focus({ preventScroll: true });
    this.changed({ selected: s });
  }
}

/** Whether a finger has gone further sideways than up or down, and far enough. */
function sideways([x, y], { clientX, clientY }) {
  const across = Math.abs(clientX - x);
  return across > SIDEWAYS && across > Math.abs(clientY - y);
}

const clamp = (value, count) => Math.min(Math.max(value, 0), count - 1);
