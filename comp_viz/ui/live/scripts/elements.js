// Making elements, and numbers as people read them; the same as `comp_viz.wording`.

const SVG_SPACE = "http://www.w3.org/2000/svg";

function element(tag, className, parent) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent.append(made);
  return made;
}

function shape(tag, attributes, parent, text) {
  const made = document.createElementNS(SVG_SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function decimal(value, digits = 2) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
}

const percent = (share) => `${decimal(share * 100, 0)}\u202f%`;
