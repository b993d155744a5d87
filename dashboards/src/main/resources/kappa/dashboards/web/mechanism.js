// How the network works: loadings coloured by population, overlaps among connectivity vectors, eigenvalues at the origin.
import { Chart, FIXED, axisStyle, tidy } from "/charts.js";
import { FONT, SteadyRange, niceStep, palette } from "/theme.js";

const count = n => n.toLocaleString("en");
export const fixed = (value, digits = 2) => value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−");
/** What a panel speaks of. */
export const spokenOf = (of, more = "") => `model ${count(of.modelVersion)}, bins to ${count(of.binsLearned)}${more}`;

export function tooltip(colours, formatter) {
  // Drawn on the canvas: the page's policy lets no markup bring a style.
  return {
    trigger: "item", renderMode: "richText", confine: true, formatter, transitionDuration: 0, backgroundColor: colours.card, borderColor: colours.line,
    padding: [4, 7], textStyle: { color: colours.text, fontFamily: FONT, fontSize: 12 },
  };
}

/** A value axis whose ends are ticks, so that all of them are round numbers. */
export function roundAxis(style, name, { low, high }, more = {}) {
  const interval = niceStep((high - low) / 8);
  return {
    type: "value", ...style, axisTick: { show: false }, name, nameLocation: "middle", interval,
    min: Math.floor(low / interval + 1e-9) * interval, max: Math.ceil(high / interval - 1e-9) * interval, ...more,
  };
}

/** Puts entries into a select, keeps what was chosen if it is still there, and leaves an open list alone. */
export function fill(select, entries) {
  const text = entries.map(entry => entry.join("\t")).join("\n");
  if (select.dataset.entries === text && select.options.length === entries.length || document.activeElement === select && select.options.length === entries.length) return;
  const before = select.value;
  select.replaceChildren(...entries.map(([value, label]) => new Option(label, value)));
  select.value = entries.some(entry => entry[0] === before) ? before : entries[0]?.[0] ?? "";
  select.dataset.entries = text;
}

export function show(element, text) {
  if (element.textContent !== text) { element.textContent = text; element.title = text; }
}

export function legend(entries) {
  return entries.map(([text, colour, mark = "●"]) => {
    const item = document.createElement("span");
    const swatch = document.createElement("b");
    swatch.textContent = `${mark} `;
    swatch.style.color = colour;
    item.append(swatch, text);
    item.title = text;
    return item;
  });
}

/** Least squares through the points, between their first and last x; null where it is not defined. */
function regression(points) {
  if (points.length < 3) return null;
  let [x, y, xx, xy] = [0, 0, 0, 0];
  let low = Infinity;
  let high = -Infinity;
  for (const [a, b] of points) { x += a; y += b; low = Math.min(low, a); high = Math.max(high, a); }
  x /= points.length;
  y /= points.length;
  for (const [a, b] of points) { xx += (a - x) ** 2; xy += (a - x) * (b - y); }
  if (!(xx > 1e-12)) return null;
  const slope = xy / xx;
  return [[low, y + slope * (low - x)], [high, y + slope * (high - x)]];
}

class ScatterChart extends Chart {
  draw(loadings, names) {
    const colours = palette();
    const [xs, ys] = loadings.values;
    const groups = [...names.map(() => []), []];
    xs.forEach((x, i) => groups[loadings.population[i] >= 0 && loadings.population[i] < names.length ? loadings.population[i] : names.length]
      .push([x, ys[i], i * loadings.every]));
    const range = values => new SteadyRange().cover(Math.min(...values), Math.max(...values));
    const [x, y] = [range(xs), range(ys)];
    const style = axisStyle(colours);
    const colour = p => p < names.length ? colours.latents[p % colours.latents.length] : colours.observed;
    const series = groups.flatMap((points, p) => {
      const line = regression(points);
      return [
        { id: `points${p}`, type: "scatter", name: names[p] ?? "", data: points, symbolSize: points.length > 500 ? 4 : 6, itemStyle: { color: colour(p), opacity: 0.55 }, clip: true },
        { id: `line${p}`, type: "line", silent: true, showSymbol: false, z: 4, data: line ?? [], lineStyle: { color: colour(p), width: 2.2 } },
      ];
    });
    this.set(`${names.join("\n")} ${loadings.axes.join()} ${this.element.clientWidth} ${this.element.clientHeight}`, () => ({
      animation: false, backgroundColor: "transparent", grid: { ...FIXED, left: 54, right: 12, top: 8, bottom: 36 },
      tooltip: tooltip(colours, ({ value, seriesName }) => `neuron ${value[2]}${seriesName ? `, ${seriesName}` : ""}: ${tidy(value[0])}, ${tidy(value[1])}`),
      xAxis: [roundAxis(style, loadings.axes[0], x, { nameGap: 20 })], yAxis: [roundAxis(style, loadings.axes[1], y, { nameGap: 36 })], series,
    }), { xAxis: [roundAxis({}, loadings.axes[0], x)], yAxis: [roundAxis({}, loadings.axes[1], y)], series });
  }
}

class MatrixChart extends Chart {
  /** @param values row by row; strongest colour at ± `full` */
  draw(names, values, full, describe) {
    const colours = palette();
    const n = names.length;
    const style = axisStyle(colours);
    const short = (name, most) => name.length > most ? `${name.slice(0, most - 3)}…${name.slice(-2)}` : name;
    const left = 12 + 6.4 * Math.max(...names.map(name => short(name, 16).length));
    const axis = { type: "category", ...style, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false } };
    const cell = Math.min((this.element.clientWidth - left - 14) / n, (this.element.clientHeight - 26) / n);
    const label = { ...style.axisLabel, formatter: value => value, color: colours.text, interval: cell > 12 ? 0 : "auto", hideOverlap: cell <= 34 };
    this.set(`${names.join("\n")} ${full} ${this.element.clientWidth} ${this.element.clientHeight}`, () => ({
      animation: false, backgroundColor: "transparent",
      // Square cells, in the middle.
      grid: { ...FIXED, left: Math.max(left, (this.element.clientWidth - cell * n) / 2), width: cell * n, top: 22, height: cell * n },
      tooltip: tooltip(colours, ({ value }) => describe(value[1], value[0])),
      xAxis: [{ ...axis, data: names.map(name => short(name, Math.max(5, Math.floor(cell / 7.6)))), position: "top", axisLabel: label }],
      yAxis: [{ ...axis, data: names.map(name => short(name, 16)), inverse: true, axisLabel: { ...label, hideOverlap: false } }],
      series: [],
    }), {
      series: [{
        id: "cells", type: "custom", animation: false, clip: true, data: values.map((value, at) => [at % n, Math.floor(at / n), value]),
        renderItem: (params, api) => this.cell(api, colours, full, n),
      }],
    });
  }

  cell(api, colours, full, n) {
    const value = api.value(2);
    const [x, y] = api.coord([api.value(0), api.value(1)]);
    const [width, height] = api.size([1, 1]);
    const strength = Number.isFinite(value) ? Math.min(1, Math.abs(value) / full) : 0;
    const children = [
      { type: "rect", shape: { x: x - width / 2 + 0.5, y: y - height / 2 + 0.5, width: width - 1, height: height - 1 }, style: { fill: colours.faint } },
      { type: "rect", shape: { x: x - width / 2 + 0.5, y: y - height / 2 + 0.5, width: width - 1, height: height - 1 }, style: { fill: value < 0 ? colours.source : colours.stable, opacity: strength } },
    ];
    if (width >= 30 && n <= 16) {
      const text = Math.abs(value) >= 10 || full < 0.05 ? tidy(Number(value.toPrecision(2))) : value.toFixed(2).replace("-", "−").replace("−0.00", "0.00");
      children.push({
        type: "text", silent: true,
        style: { x, y, text, align: "center", verticalAlign: "middle", fill: strength > 0.75 ? colours.card : colours.text, font: `11px ${FONT}` },
      });
    }
    return { type: "group", children };
  }
}

const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
const SYMBOL_MARKS = ["●", "□", "△", "◇"];
/** No input comes first, with the filled mark. */
const symbolOf = c => c === 0 ? 0 : 1 + (c - 1) % (SYMBOLS.length - 1);

class EigenvalueChart extends Chart {
  draw(conditions, colourOf) {
    const colours = palette();
    const style = axisStyle(colours);
    const all = conditions.flatMap(({ origin }) => origin.re.map((re, k) => [re, origin.im[k]]));
    const x = new SteadyRange().cover(Math.min(-1, ...all.map(point => point[0])), Math.max(0.2, ...all.map(point => point[0])));
    const reach = Math.max(0.4, ...all.map(point => Math.abs(point[1])));
    const y = new SteadyRange().cover(-reach, reach);
    const series = conditions.map(({ input, origin }, c) => ({
      id: `condition${c}`, type: "scatter", name: input === "none" ? "no input" : input, z: 10 - c, symbol: SYMBOLS[symbolOf(c)], symbolSize: c === 0 ? 9 : 11,
      itemStyle: c === 0 ? { color: colourOf(c) } : { color: "transparent", borderColor: colourOf(c), borderWidth: 2 },
      data: origin.re.map((re, k) => [re, origin.im[k]]),
    }));
    const up = roundAxis({}, "", y);
    const line = {
      id: "stability", type: "line", silent: true, showSymbol: false, data: [[0, up.min], [0, up.max]], lineStyle: { color: colours.text, width: 1.2 },
    };
    this.set(`${conditions.map(c => c.input).join("\n")} ${this.element.clientWidth} ${this.element.clientHeight}`, () => ({
      animation: false, backgroundColor: "transparent", grid: { ...FIXED, left: 54, right: 14, top: 10, bottom: 36 },
      tooltip: tooltip(colours, ({ value, seriesName }) => `${seriesName}: ${fixed(value[0], 3)}${value[1] ? `${value[1] < 0 ? " − " : " + "}${Math.abs(value[1]).toFixed(3)}i` : ""}`),
      xAxis: [roundAxis(style, "Re λ (1/τ), grows right of 0", x, { nameGap: 20 })], yAxis: [roundAxis(style, "Im λ (1/τ)", y, { nameGap: 34 })],
      series: [line, ...series],
    }), { xAxis: [roundAxis({}, "Re λ (1/τ), grows right of 0", x)], yAxis: [roundAxis({}, "Im λ (1/τ)", y)], series: [line, ...series] });
  }
}

/** Whether a vector belongs to the session itself, and not to an input that kappa made of its inputs over the trial. */
const isOwn = (name, header) => !/(^| x )bump \d+$/.test(name) || Boolean(header?.inputs.includes(name));

export class ConnectivityView {
  /** @param chosen is called when another pair of vectors is to be shown */
  constructor(byId, chosen) {
    this.byId = byId;
    this.scatter = new ScatterChart(byId("connectivity"));
    this.matrix = new MatrixChart(byId("overlap"));
    this.eigenvalues = new EigenvalueChart(byId("eigenvalues"));
    for (const id of ["vectorX", "vectorY", "matrix"]) byId(id).addEventListener("change", () => { byId(id).blur(); chosen(); });
  }
  charts() { return { connectivity: this.scatter, overlap: this.matrix, eigenvalues: this.eigenvalues }; }
  axes() { return [this.byId("vectorX").value, this.byId("vectorY").value].filter(name => name); }
  resize() { for (const chart of [this.scatter, this.matrix, this.eigenvalues]) chart.resize(); }

  draw(state) {
    this.drawScatter(state);
    this.drawMatrix(state);
    this.drawEigenvalues(state);
  }

  drawScatter({ loadings, analysis, header }) {
    const { byId } = this;
    byId("connectivityNothing").hidden = loadings !== null;
    byId("connectivity").hidden = byId("vectorX").hidden = byId("vectorY").hidden = loadings === null;
    byId("connectivityOf").textContent = loadings ? spokenOf(loadings, loadings.every > 1 ? `, one neuron in ${loadings.every}` : "") : "";
    if (loadings) {
      for (const [at, id] of ["vectorX", "vectorY"].entries()) {
        const fresh = byId(id).options.length === 0;
        fill(byId(id), loadings.vectors.filter(name => isOwn(name, header)).map(name => [name, name]));
        if (fresh) byId(id).value = loadings.axes[at];
      }
      const populations = analysis?.populations?.list ?? [];
      const colours = palette().latents;
      byId("populationLegend").replaceChildren(...populations.length
        ? legend(populations.map(({ name, size }, p) => [`${name} · ${count(size)}`, colours[p % colours.length]])) : ["No populations yet."]);
      this.scatter.draw(loadings, populations.map(population => population.name));
    } else {
      byId("populationLegend").replaceChildren();
    }
    const numbers = analysis?.populations?.numbers ?? [];
    show(byId("populationNumbers"), numbers.length ? `tried (evidence, stability): ${numbers.map(n => `${n.populations} (${tidy(+Number(n.evidence).toPrecision(4))}, ${fixed(n.stability)})`).join(" · ")}` : "");
  }

  drawMatrix({ analysis, header }) {
    const { byId } = this;
    const kind = byId("matrix").value;
    const connectivity = analysis?.connectivity;
    const populations = analysis?.populations;
    const all = kind === "connection" ? populations?.list.map(population => population.name) : connectivity?.vectors;
    const kept = (all ?? []).flatMap((name, i) => kind === "connection" || isOwn(name, header) ? [i] : []);
    const names = kept.map(i => all[i]);
    const square = kind === "connection" ? populations?.meanConnection : connectivity?.[kind];
    const values = square?.length === (all?.length ?? 0) ** 2 ? kept.flatMap(row => kept.map(column => square[row * all.length + column])) : [];
    const some = Boolean(names?.length && values?.length === names.length ** 2);
    byId("overlapNothing").hidden = some;
    byId("overlap").hidden = !some;
    show(byId("overlapNothing"), kind === "connection" ? "No populations yet." : "No overlaps yet. They come with the first analysed model.");
    byId("overlapOf").textContent = analysis ? spokenOf(kind === "connection" && populations ? { ...analysis, modelVersion: populations.modelVersion } : analysis) : "";
    show(byId("overlapCaption"), !some ? "" : kind === "connection" ? "mean of J between neurons of the row (to) and of the column (from)"
      : connectivity.identifiable.length ? `determined by data: ${connectivity.identifiable.map((share, k) => `${Math.round(100 * share)} % of ${connectivity.vectors[connectivity.identifiable.length + k]}`).join(" · ")}` : "");
    if (!some) return;
    const full = kind === "cosines" ? 1 : Math.max(...values.map(Math.abs)) || 1;
    this.matrix.draw(names, values, full, (row, column) => `${names[row]} ${kind === "connection" ? "←" : "·"} ${names[column]}: ${tidy(+Number(values[row * names.length + column]).toPrecision(3))}`);
  }

  drawEigenvalues({ analysis, header }) {
    const { byId } = this;
    const conditions = (analysis?.conditions ?? []).filter(condition => condition.origin.re.length);
    byId("eigenvalueNothing").hidden = conditions.length > 0;
    show(byId("eigenvalueNothing"), analysis ? "The newest analysis holds no eigenvalues at κ = 0: an older version of kappa published it."
      : "No analysis yet. The first one comes with the first model.");
    byId("eigenvalues").hidden = conditions.length === 0;
    byId("eigenvalueOf").textContent = conditions.length ? `at κ = 0, ${spokenOf(analysis)}` : "";
    const colours = palette();
    const colourOf = c => {
      const channel = (header?.inputs ?? []).indexOf(conditions[c].input);
      return conditions[c].input === "none" ? colours.text : colours.inputs[(channel < 0 ? c : channel) % colours.inputs.length];
    };
    byId("saturation").replaceChildren(...conditions.length ? ["saturation:", ...legend(conditions.map(({ input, saturation }, c) =>
      [`${input === "none" ? "no input" : input} ${fixed(saturation)}`, colourOf(c), SYMBOL_MARKS[symbolOf(c)]]))] : []);
    if (conditions.length) this.eigenvalues.draw(conditions, colourOf);
  }
}
