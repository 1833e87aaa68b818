// Paths on a 24 x 24 grid; transport glyphs are missing from many fonts.
const ICONS = {
  play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.9-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2z",
  pause: "M7.5 5h2.5a.5.5 0 0 1 .5.5v13a.5.5 0 0 1-.5.5H7.5a.5.5 0 0 1-.5-.5v-13a.5.5 0 0 1 .5-.5zM14 5h2.5a.5.5 0 0 1 .5.5v13a.5.5 0 0 1-.5.5H14a.5.5 0 0 1-.5-.5v-13a.5.5 0 0 1 .5-.5z",
  first: "M5.5 6h2v12h-2zM18 6.6v10.8a.6.6 0 0 1-.95.49L9.4 12.49a.6.6 0 0 1 0-.98l7.65-5.4a.6.6 0 0 1 .95.49z",
  back: "M15.5 6.6v10.8a.6.6 0 0 1-.95.49L6.9 12.49a.6.6 0 0 1 0-.98l7.65-5.4a.6.6 0 0 1 .95.49z",
  next: "M8.5 6.6v10.8a.6.6 0 0 0 .95.49l7.65-5.4a.6.6 0 0 0 0-.98l-7.65-5.4a.6.6 0 0 0-.95.49z",
  last: "M16.5 6h2v12h-2zM6 6.6v10.8a.6.6 0 0 0 .95.49l7.65-5.4a.6.6 0 0 0 0-.98l-7.65-5.4A.6.6 0 0 0 6 6.6z",
  once: "M4 11h10.2l-3.6-3.6L12 6l6 6-6 6-1.4-1.4 3.6-3.6H4zM18.5 6h2v12h-2z",
  loop: "M7 7h9V4l4.5 4-4.5 4V9H7v3.5H5V9a2 2 0 0 1 2-2zM17 17H8v3l-4.5-4L8 12v3h9v-3.5h2V15a2 2 0 0 1-2 2z",
  reflect: "M7.5 7 9 8.4 6.4 11h11.2L15 8.4 16.5 7l5 5-5 5-1.5-1.4 2.6-2.6H6.4L9 15.6 7.5 17l-5-5z",
  full: "M5 5h5v2H7v3H5zM14 5h5v5h-2V7h-3zM5 14h2v3h3v2H5zM17 14h2v5h-5v-2h3z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  minus: "M5 11h14v2H5z",
  fit: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  camera: "M9 4.5h6L16.5 7H20a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 20 19H4a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 4 7h3.5zM12 9a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 2a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a.6.6 0 0 0-.8-.7 9.3 9.3 0 1 0 12 12 .6.6 0 0 0-.7-.8z",
  sun: "M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM11 2h2v3.5h-2zM11 18.5h2V22h-2zM2 11h3.5v2H2zM18.5 11H22v2h-3.5zM4.2 5.6l1.4-1.4L8.1 6.7 6.7 8.1zM15.9 17.3l1.4-1.4 2.5 2.5-1.4 1.4zM4.2 18.4l2.5-2.5 1.4 1.4-2.5 2.5zM15.9 6.7l2.5-2.5 1.4 1.4-2.5 2.5z",
};

function element(tag, name, attributes = {}) {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

function button(name, label, action) {
  const made = element("button", "", { type: "button", "aria-label": label, title: label });
  made.append(icon(name));
  made.addEventListener("click", action);
  return made;
}
