// Colours of the map on light and on dark.

export const LIGHT = {
  sea: "#e9eef2", land: "#fbfaf7", coast: "#b9c3cc", unit: "#33415522",
  border: "#1e293b", casing: "#ffffff", today: "#111827", dot: "#1e293b",
  nobody: "#94a3b8", mark: "#0f172a", flag: "#c1121f",
};
export const DARK = {
  sea: "#0f151c", land: "#1b232d", coast: "#47535f", unit: "#e2e8f022",
  border: "#f1f5f9", casing: "#0f172a", today: "#f8fafc", dot: "#e2e8f0",
  nobody: "#64748b", mark: "#f8fafc", flag: "#ff8f85",
};

export function inkOf(state) {
  return state.dark ? DARK : LIGHT;
}

// Black or white, whichever reads better on a colour (WCAG relative luminance).
export function inkOn(color) {
  const linear = [1, 3, 5].map((at) => {
    const c = parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return light > 0.18 ? DARK.casing : LIGHT.casing;
}
