// Buttons that save a panel: its picture as PNG, its numbers as CSV.
import { palette } from "/theme.js";

const PANELS = {
  tracePanel: ["trace", state => series(state.trace.bins, [
    ...columns("kappa", state.trace.kappa), ...columns("sd", state.trace.sd), ...columns("input", state.trace.inputs, state.header?.inputs)], state.header)],
  portraitPanel: ["portrait", state => table(["input", "type", ...names("kappa", state.now.kappa.length)], (state.analysis?.conditions ?? [])
    .flatMap(condition => condition.fixedPoints.map(point => [condition.input, point.type.toLowerCase().replaceAll("_", " "), ...point.kappa])))],
  neuronPanel: ["activity", state => series(state.neurons.bins, [
    ...columns("observed", state.neurons.observed, state.neurons.ids), ...columns("predicted", state.neurons.predicted, state.neurons.ids)], state.header)],
  qualityPanel: ["quality", ({ quality: q }) => table(["trial", `one step (${q.unit})`, `free run (${q.unit})`],
    q.oneStep.map((score, i) => [q.before + i + 1, score, q.freeRun[i] ?? null]))],
  connectivityPanel: ["connectivity", ({ loadings: l }) => table(["neuron", ...l.axes, "population"], l.values[0].map((x, i) => [i * l.every, x, l.values[1][i], l.population[i] + 1 || ""]))],
  overlapPanel: ["overlap", ({ analysis: { connectivity: c } }) => table(["aᵀb / N", ...c.vectors], c.vectors.map((name, i) => [name, ...c.products.slice(i * c.vectors.length, (i + 1) * c.vectors.length)]))],
  eigenvaluePanel: ["eigenvalues", ({ analysis }) => table(["input", "re", "im"], analysis.conditions.flatMap(({ input, origin }) => origin.re.map((re, k) => [input, re, origin.im[k]])))],
  eventsPanel: ["events", ({ events: e, header }) => table(["seconds", ...e.conditions.flatMap(({ name, kappa }) => [...kappa.map((unused, k) => `${name}: kappa ${k + 1}`), `${name}: rate of ${e.of}`])],
    e.conditions[0].rate.map((unused, i) => [+((e.from + i) * (header?.binWidth ?? 0)).toFixed(6), ...e.conditions.flatMap(({ kappa, rate }) => [...kappa.map(values => values[i]), rate[i]])]))],
  rasterPanel: ["raster", ({ raster: r }) => table(["neuron", ...Array.from(r.rows[0], (unused, t) => `bin ${r.first + t}`)], r.rows.map((row, i) => [r.ids[i], ...Array.from(row, digit => digit === "." ? null : Number(digit))]))],
  behaviorPanel: ["behavior", state => series(state.trace.bins, columns("behaviour", state.trace.behavior, state.header?.behaviors), state.header)],
  inactivationPanel: ["inactivation", ({ inactivations: { sets } }) => table(["set", "neurons", "change", "s.d."], sets.map(set => [set.name, set.size, set.change, set.changeSd]))],
  loopPanel: ["loop", ({ inactivations: { carried } }) => table(["intervention", "set", "predicted", "half width of 90 %", "observed"],
    carried.flatMap(c => c.predicted.map((predicted, i) => [c.intervention, c.name, predicted, c.halfWidth[i], c.observed[i]])))],
};

const names = (name, count) => Array.from({ length: count }, (unused, k) => `${name} ${k + 1}`);
const columns = (name, series, of) => series.map((values, i) => [`${name} ${of?.[i] ?? i + 1}`, values]);

function series(bins, all, header) {
  const width = header?.binWidth ?? 0;
  return table(["bin", "seconds", ...all.map(([name]) => name)], bins.map((bin, i) => [bin, +(bin * width).toFixed(6), ...all.map(([, values]) => values[i])]));
}

/** As spreadsheets read it. A text that begins like a formula is no formula. */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const table = (head, rows) => [head, ...rows].map(row => row.map(cell).join(",")).join("\r\n");

function save(href, name) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  link.click();
}

/** @param current gives what is drawn; @param charts by the ids of their elements */
export function addSaving(current, charts) {
  for (const [panel, [plot, csv]] of Object.entries(PANELS)) {
    const button = (text, title, action) => {
      const made = Object.assign(document.createElement("button"), { type: "button", className: "save", textContent: text, title });
      made.setAttribute("aria-label", `${text}: ${title}`);
      made.addEventListener("click", () => {
        try { action(); } catch { made.title = "there is nothing to save yet"; }
      });
      return made;
    };
    const name = ending => `${(current().session ?? "kappa").replace(/[^A-Za-z0-9_.-]+/g, "-")}-${plot}.${ending}`;
    const buttons = document.createElement("span");
    buttons.className = "saving";
    buttons.append(
      button("PNG", "save this panel's picture", () => save(charts[plot]
        ? charts[plot].chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: palette().card }) : document.getElementById(plot).toDataURL("image/png"), name("png"))),
      button("CSV", "save this panel's numbers", () => {
        const url = URL.createObjectURL(new Blob([csv(current()), "\r\n"], { type: "text/csv" }));
        save(url, name("csv"));
        setTimeout(() => URL.revokeObjectURL(url), 10_000);
      }));
    document.getElementById(panel).querySelector("h2 .help").before(buttons);
  }
}
