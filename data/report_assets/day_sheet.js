"use strict";
// Draws the map of each day when it comes into view, and all of them before printing.
(() => {
  const shown = JSON.parse(document.getElementById("shown").textContent);
  const make = (name, text) => {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = text;
    return made;
  };
  const mark = (name, text) => L.divIcon({ html: make(name, text), className: "", iconSize: [24, 24] });
  const drawn = new Map();
  const draw = (place) => {
    if (drawn.has(place)) return;
    const day = shown.days[place];
    const map = L.map(`map${place}`, {
      attributionControl: false, zoomSnap: 0.25, maxZoom: 17, scrollWheelZoom: false,
      zoomAnimation: false, fadeAnimation: false,
    });
    drawn.set(place, map);
    const way = L.featureGroup().addTo(map);
    const dash = day.estimated ? "6 6" : null;
    day.lines.forEach((line) => L.polyline(line, { className: "way", weight: 4, dashArray: dash, interactive: false }).addTo(way));
    day.ends.forEach((at) => L.marker(at, { icon: mark("end", "⌂"), interactive: false, keyboard: false }).addTo(way));
    day.stops.forEach((stop, number) => {
      const dot = L.marker(stop.at, { icon: mark("dot", String(number + 1)), keyboard: false, zIndexOffset: 100 }).addTo(way);
      dot.bindTooltip(() => make("", stop.name), { direction: "top" });
    });
    L.control.scale().addTo(map);
    map.fitBounds(way.getBounds(), { padding: [28, 28] });
  };
  const sections = [...document.querySelectorAll("section")];
  const near = new IntersectionObserver((seen) => seen.forEach((one) => {
    if (one.isIntersecting) draw(sections.indexOf(one.target));
  }), { rootMargin: "400px" });
  sections.forEach((section) => near.observe(section));
  addEventListener("beforeprint", () => sections.forEach((_, place) => draw(place)));
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const today = document.getElementById(`d${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`);
  if (today && today !== sections[0] && !location.hash) today.scrollIntoView();
})();
