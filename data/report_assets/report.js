"use strict";
// Text of the user's reaches the page as textContent only, never as markup.
(() => {
  const shown = JSON.parse(document.getElementById("shown").textContent);
  const by = (id) => document.getElementById(id);
  const make = (tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  };
  document.title = shown.title;
  by("title").textContent = shown.title;
  by("lead").textContent = shown.lead;
  shown.sources.forEach((source) => by("sources").append(make("div", source)));

  const map = L.map("map", { attributionControl: false, zoomSnap: 0.25, maxZoom: 14 });
  const areas = new Map();
  const rows = new Map();
  const look = (feature) => ({
    color: "#17242b", weight: 1, fillColor: feature.properties.color, fillOpacity: 0.6,
  });
  const choose = (id, zoom) => {
    rows.forEach((row, key) => row.classList.toggle("on", key === id));
    areas.forEach((area, key) => area.setStyle({ weight: key === id ? 3 : 1 }));
    const area = areas.get(id);
    if (area && zoom) map.fitBounds(area.getBounds(), { padding: [20, 20] });
    if (!zoom) rows.get(id).scrollIntoView({ block: "nearest" });
  };
  const layer = L.geoJSON(shown.shapes, {
    style: look,
    onEachFeature: (feature, area) => {
      areas.set(feature.id, area);
      area.bindTooltip(() => make("span", feature.properties.name), { sticky: true });
      area.on("click", () => choose(feature.id, false));
    },
  }).addTo(map);
  L.geoJSON(shown.points, {
    pointToLayer: (feature, at) => L.circleMarker(at, { radius: 3, weight: 1, color: "#17242b", fillOpacity: 0.8 }),
    onEachFeature: (feature, point) =>
      point.bindTooltip(() => make("span", feature.properties.name)),
  }).addTo(map);
  if (areas.size) map.fitBounds(layer.getBounds(), { padding: [10, 10] });
  else map.setView([0, 0], 1);

  let order = null;
  const fill = () => {
    const wanted = by("find").value.trim().toLowerCase();
    const picked = shown.rows.filter((row) => row.cells.join(" ").toLowerCase().includes(wanted));
    if (order) {
      const [column, sign] = order;
      picked.sort((a, b) => sign * (a.keys[column] < b.keys[column] ? -1 : a.keys[column] > b.keys[column] ? 1 : 0));
    }
    rows.clear();
    by("rows").replaceChildren(...picked.map((row) => {
      const line = document.createElement("tr");
      line.tabIndex = 0;
      row.cells.forEach((cell) => line.append(make("td", cell)));
      const swatch = make("span", "");
      swatch.className = "swatch";
      swatch.style.background = row.color;
      line.firstChild.prepend(swatch);
      line.addEventListener("click", () => choose(row.id, true));
      line.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(row.id, true); });
      rows.set(row.id, line);
      return line;
    }));
  };
  shown.heads.forEach((head, column) => {
    const cell = make("th", head);
    cell.addEventListener("click", () => {
      order = [column, order && order[0] === column ? -order[1] : 1];
      fill();
    });
    by("heads").append(cell);
  });
  by("find").addEventListener("input", fill);
  fill();
})();
