// Colours: Okabe and Ito's, which colour-blind readers tell apart, in two brightnesses.
const dark = matchMedia("(prefers-color-scheme: dark)");

const LIGHT = {
  name: "light",
  text: "#1b2330", muted: "#5d6878", line: "#dfe3ea", faint: "#eef1f5", card: "#ffffff", arrow: "#8a94a3", observed: "#9aa3b0",
  latents: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"],
  // For words in the colour of a curve, dark enough to read on white.
  words: ["#0072b2", "#b34f00", "#007a59", "#a3487d", "#8a5f00", "#1a73a6"],
  inputs: ["#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#0072b2"],
  silenced: "#c0392b", lost: "#4a5568", stable: "#0072b2", source: "#d55e00", saddle: "#1b2330", phases: ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"],
};
const DARK = {
  name: "dark",
  text: "#e4e8ef", muted: "#95a1b3", line: "#2a323e", faint: "#222934", card: "#181d25", arrow: "#5f6b7d", observed: "#6c7789",
  latents: ["#56b4e9", "#e8803c", "#2fc79b", "#d993bb", "#e9b13a", "#3a95d6"],
  words: ["#56b4e9", "#e8803c", "#2fc79b", "#d993bb", "#e9b13a", "#6cb6e6"],
  inputs: ["#e9b13a", "#2fc79b", "#d993bb", "#56b4e9", "#e8803c", "#3a95d6"],
  silenced: "#ff8370", lost: "#b6c0cf", stable: "#56b4e9", source: "#e8803c", saddle: "#e4e8ef", phases: ["#56b4e9", "#e9b13a", "#2fc79b", "#d993bb", "#3a95d6"],
};

/** Asked at each drawing, so that a change of theme shows with the next frame. */
export const palette = () => dark.matches ? DARK : LIGHT;
export const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** An axis range that holds [low, high], widens at once and narrows only when half of it is unused: a live axis must not jitter. */
export class SteadyRange {
  /** @param snug keeps to the numbers themselves, without going on to the next round one */
  constructor(snug = false) { this.low = 0; this.high = 0; this.snug = snug; }
  cover(low, high) {
    if (!(high >= low)) { low = -1; high = 1; }
    if (high - low < 1e-6) { low -= 0.5; high += 0.5; }
    if (low < this.low || high > this.high || high - low < 0.5 * (this.high - this.low)) {
      if (this.snug) {
        // Some room beyond what made it too small, so that the next bins do not move it again.
        const grow = this.low === this.high ? 0 : 0.1 * (high - low);
        [this.low, this.high] = [low < this.low ? low - grow : low, high > this.high ? high + grow : high];
        return this;
      }
      const pad = 0.06 * (high - low);
      const step = niceStep((high - low + 2 * pad) / 5);
      this.low = Math.floor((low - pad) / step) * step;
      this.high = Math.ceil((high + pad) / step) * step;
    }
    return this;
  }
}

/** 1, 2 or 5 times a power of ten, at least `raw`. */
export function niceStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = raw / power;
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
}
