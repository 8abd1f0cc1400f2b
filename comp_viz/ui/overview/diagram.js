// The architecture as a picture that moves: after a change, what is new spreads from left to right, prompts flow, weights shift. Play
// shows the way of the utterance again. A click, or Tab and Enter, says which part was meant.

const STAGE = 260; // milliseconds from part to part
const FLOW = 2600; // how long prompts are seen to flow

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".diagram");
  if (root.drawn !== data.svg) {
    const before = root.drawn ? measures(root) : null;
    root.drawn = data.svg;
    // Only words that Python escaped stand in this picture.
    root.innerHTML = `<button class="play">▶ Play</button>${data.svg}`;
    if (before && moves()) spread(root, before);
  }
  const said = (event) => {
    const part = event.target.closest("[data-part]");
    if (part) setTriggerValue("clicked", [part.dataset.part, part.dataset.modality]);
  };
  root.onclick = (event) => (event.target.closest(".play") ? play(root) : said(event));
  root.onkeydown = (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.closest("[data-part]")) {
      event.preventDefault();
      said(event);
    }
  };
}

function moves() {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// What can change in place, by its key: width of a line, place and height of a weight.
function measures(root) {
  const known = new Map();
  for (const shape of root.querySelectorAll("[data-key]")) {
    known.set(shape.dataset.key, ["stroke-width", "y", "height"].map((name) => shape.getAttribute(name)));
  }
  for (const part of root.querySelectorAll("[data-part]")) known.set(nameOf(part), part.getAttribute("aria-label"));
  return known;
}

function nameOf(part) {
  return `${part.dataset.part} ${part.dataset.modality}`;
}

function spread(root, before) {
  for (const shape of root.querySelectorAll("[data-key]")) {
    const [width, y, height] = before.get(shape.dataset.key) ?? [];
    const changed = { strokeWidth: [width, shape.getAttribute("stroke-width")], y: [y, shape.getAttribute("y")], height: [height, shape.getAttribute("height")] };
    const stage = Number(shape.closest("[style]").style.getPropertyValue("--stage"));
    for (const [name, [from, to]] of Object.entries(changed)) {
      if (from && from !== to) shape.animate({ [name]: [`${from}px`, `${to}px`] }, { duration: 600, delay: stage * STAGE, fill: "backwards", easing: "ease-in-out" });
    }
  }
  for (const part of root.querySelectorAll("[data-part]")) {
    if (before.get(nameOf(part)) === part.getAttribute("aria-label")) continue;
    const stage = Number(part.style.getPropertyValue("--stage"));
    part.animate({ opacity: [0.15, 1] }, { duration: 500, delay: stage * STAGE, fill: "backwards" });
  }
  flow(root);
}

function play(root) {
  if (!moves()) return;
  for (const shape of root.querySelectorAll(".part, .wire")) {
    const stage = Number(shape.style.getPropertyValue("--stage"));
    shape.animate({ opacity: [0.08, 1] }, { duration: 450, delay: 1.6 * stage * STAGE, fill: "backwards" });
  }
  flow(root);
}

function flow(root) {
  for (const wire of root.querySelectorAll(".wire")) {
    const drops = wire.cloneNode();
    drops.removeAttribute("data-key");
    drops.setAttribute("class", "drops");
    wire.after(drops);
    const stage = Number(wire.style.getPropertyValue("--stage"));
    const shown = drops.animate({ strokeDashoffset: [0, -120], opacity: [0, 1, 1, 0] }, { duration: FLOW, delay: stage * STAGE, fill: "both" });
    shown.onfinish = () => drops.remove();
  }
}
