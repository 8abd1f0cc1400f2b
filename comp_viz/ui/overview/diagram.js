// The architecture as a picture whose parts open pages: by a click, or with Tab and Enter.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".diagram");
  if (root.drawn !== data.svg) {
    // Only words that Python escaped stand in this picture.
    root.innerHTML = root.drawn = data.svg;
  }
  const open = (event) => {
    const part = event.target.closest("[data-page]");
    if (part) setTriggerValue("open", part.dataset.page);
  };
  root.onclick = open;
  root.onkeydown = (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(event);
    }
  };
}
