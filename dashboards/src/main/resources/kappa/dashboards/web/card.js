// The model card: what was fitted, how well, what to doubt, and the commands that repeat it.

const SHELL_SAFE = /^[A-Za-z0-9_.:-]+$/;
const quoted = id => SHELL_SAFE.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`;

export class ModelCard {
  constructor(byId) {
    this.byId = byId;
    byId("cardClose").addEventListener("click", () => byId("card").close());
  }

  /** @param verdict what the score means, in words */
  show(state, verdict) {
    const { header: h, status: s, analysis, quality } = state;
    const facts = [
      ["session", state.session ?? "none"],
      ["neurons", h ? String(h.neurons) : "–"],
      ["rank", h ? `${h.rank}, chosen before the session` : "–"],
      ["bin width", h ? `${+(h.binWidth * 1000).toPrecision(3)} ms` : "–"],
      ["time constant τ", analysis?.tauS ? `${+(analysis.tauS * 1000).toPrecision(3)} ms` : "–"],
      ["observation", h?.observation ?? "–"],
      ["inputs", h?.inputs.join(", ") || "none"],
      ["model", s?.model ? `version ${s.model.version}${s.model.final ? ", final" : ""}, ${s.counters.steps} steps, ${s.counters.steps_shed} left out` : "none yet"],
      ["score", verdict || "–"],
      ["doubts", quality?.doubts?.join(" ") || "none"],
      ["warnings about the data", h?.warnings.join(" ") || "none"],
      ["bands of κ", "2 standard deviations; they hold the noise of the neurons and the model's estimated error"],
      ["connectivity", "functional: it explains the recorded activity and is no map of synapses"],
    ];
    this.byId("cardFacts").replaceChildren(...facts.flatMap(([name, value]) => [
      Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value })]));
    const id = quoted(state.session ?? "SESSION");
    this.byId("cardCommands").textContent = `./kappa export --session ${id} --out session.npz\n./kappa fit session.npz --rank ${h?.rank ?? 1} --out network.npz\n`
      + `./kappa evaluate network.npz session.npz\n./kappa analyze network.npz --report report`;
    this.byId("card").showModal();
  }
}
