// What is behind and beside the rows of charts: grid, ticks, titles of rows, the line at the selected utterance, the legend.

function drawGround(ground, d) {
  const { task, rows } = d.plan;
  for (const row of Object.keys(rows)) {
    for (const tick of ticksOf(d, row)) {
      const y = d.y(row, tick);
      if (row !== "y4" && !(row === "y" && task.classes)) shape("line", { x1: 0, x2: d.width, y1: y, y2: y, stroke: d.faint }, ground);
    }
    if (row === "y2" || (row === "y" && !task.classes)) {
      const y = d.y(row, row === "y" ? task.neutral : 0);
      shape("line", { x1: 0, x2: d.width, y1: y, y2: y, stroke: d.truth, "stroke-dasharray": "6 4" }, ground);
    }
    if (row === "y3") shape("line", { x1: 0, x2: d.width, y1: d.y(row, 0), y2: d.y(row, 0), stroke: d.truth }, ground);
  }
  const bottom = PLOT.top + PLOT.height;
  for (const number of utteranceTicks(d)) {
    shape("text", { x: d.x(number - 1), y: bottom + 16, "text-anchor": "middle", fill: d.ink }, ground, number);
  }
  shape("text", { x: d.width / 2, y: bottom + 36, "text-anchor": "middle", fill: d.ink }, ground, "utterance");
}

function drawAxis(state, d) {
  state.axis.replaceChildren();
  for (const [row, [from, to]] of Object.entries(d.plan.rows)) {
    const middle = PLOT.top + PLOT.height * (1 - (from + to) / 2);
    d.plan.titles[row].forEach((text, i) => {
      const place = { "text-anchor": "middle", fill: d.ink, transform: `translate(${14 + 15 * i},${middle}) rotate(-90)` };
      shape("text", place, state.axis, text);
    });
    for (const tick of ticksOf(d, row)) {
      const text = row === "y" && d.plan.task.classes ? shortened(d.plan.task.classes[tick], 7) : tickText(tick);
      const label = shape("text", { x: d.left - 6, y: d.y(row, tick) + 4, "text-anchor": "end", fill: d.ink }, state.axis, text);
      if (row === "y" && d.plan.task.classes) shape("title", {}, label, d.plan.task.classes[tick]);
    }
  }
}

function drawSelection(selection, d) {
  const x = d.x(d.selected);
  shape("line", { x1: x, x2: x, y1: PLOT.top, y2: PLOT.top + PLOT.height, stroke: d.mark, "stroke-width": 1.5, class: "selection" }, selection);
}

// Round numbers inside the range of a row, about four and never fewer than two; every class of a row of classes.
function ticksOf(d, row) {
  if (row === "y" && d.plan.task.classes) return d.plan.task.classes.map((_, c) => c);
  const [low, high] = d.ranges[row];
  const rough = (high - low) / (row === "y" ? 4 : 2.5);
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [10, 5, 2, 1, 0.5].map((factor) => factor * power);
  const several = (each) => Math.floor(high / each) > Math.ceil(low / each);
  const step = steps.filter((each) => each / 2 < rough * 1.25).find(several) ?? power / 2;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

function utteranceTicks(d) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => each * d.step >= 30) ?? 1000;
  const numbers = Array.from({ length: d.utterances }, (_, s) => s + 1);
  return numbers.filter((number) => number % step === 0);
}

const tickText = (value) => String(Number(value.toPrecision(6))).replace("-", "\u2212");
const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// What every line and mark is, in words.
function drawLegend(state) {
  const { plan, modalities, marks, colours } = state.data;
  state.legend.replaceChildren();
  const entries = [
    ["—", plan.colours.truth, "truth"],
    ["┄", plan.colours.ink, "as recorded"],
    ["◆", plan.colours.ink, "fused prediction"],
    ...(plan.rows.y2 ? modalities.map((name, m) => [marks[m], colours[m], name]) : []),
    ["×", plan.colours.truth, plan.words.none],
    ["□", plan.colours.mark, plan.words.context],
  ];
  if (plan.task.classes) entries.splice(0, 2, ["○", plan.colours.truth, "truth"], ["◇", plan.colours.ink, "as recorded"]);
  for (const [mark, colour, text] of entries) {
    const item = element("span", "", state.legend);
    const sign = element("b", "", item);
    sign.textContent = mark;
    sign.style.color = colour;
    item.append(text);
  }
}
