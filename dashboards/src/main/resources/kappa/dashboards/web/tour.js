// Five steps through the page, for those who see it for the first time, on the simulated rig. Once dismissed it never comes again.

const KEY = "kappa-tour";
const STEPS = [
  ["badge", "This is a simulated rig", "A network that kappa does not know makes spikes. kappa sees the spikes only. The word up here says how the session is."],
  ["tracePanel", "κ, while it is recorded", "Each line is one latent variable of the population. The band says how sure kappa is: the true κ lies in it 95 times in 100."],
  ["portraitPanel", "Where the network drifts", "Arrows are the dynamics of the fitted network. The trail is κ of the last bins, and it should follow them."],
  ["qualityPanel", "Is the fit good?", "Each trial is scored before anything is learned from it. Above zero the model predicts better than a constant rate."],
  ["viewSilencing", "What each population does", "Under Silencing you ask the rig to silence neurons and see whether the prediction holds. “?” in each panel opens the manual."],
];

const remembered = () => { try { return localStorage.getItem(KEY) !== null; } catch { return true; } };
const remember = () => { try { localStorage.setItem(KEY, "over"); } catch { /* a browser without storage has no tour */ } };

export class Tour {
  constructor(byId) {
    this.byId = byId;
    this.step = -1;
    this.over = remembered();
    byId("tourBack").addEventListener("click", () => this.go(this.step - 1));
    byId("tourNext").addEventListener("click", () => this.go(this.step + 1));
    byId("tourEnd").addEventListener("click", () => this.end());
    addEventListener("keydown", event => { if (event.key === "Escape" && this.step >= 0 && !document.querySelector("dialog[open]")) this.end(); });
  }

  /** Begins, if this is the first time and the session is a simulated one. */
  offer({ header, now }, view) {
    if (this.over || this.step >= 0 || !now || view !== "live" || !(header?.origin ?? "").startsWith("simulated rig")) return;
    this.go(0);
  }

  go(step) {
    if (step >= STEPS.length) { this.end(); return; }
    const { byId } = this;
    this.mark(false);
    this.step = Math.max(0, step);
    const [, title, text] = STEPS[this.step];
    byId("tourTitle").textContent = `${this.step + 1} of ${STEPS.length} · ${title}`;
    byId("tourText").textContent = text;
    byId("tourBack").disabled = this.step === 0;
    byId("tourNext").textContent = this.step === STEPS.length - 1 ? "done" : "next";
    byId("tour").hidden = false;
    this.mark(true);
  }

  mark(on) {
    if (this.step >= 0) this.byId(STEPS[this.step][0]).toggleAttribute("data-toured", on);
  }

  end() {
    this.mark(false);
    this.step = -1;
    this.over = true;
    remember();
    this.byId("tour").hidden = true;
  }
}
