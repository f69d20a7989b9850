import { byId, make, visible, width } from "./api.js";

/** A line of the dialog: what, and how much. */
const line = (what, much) => make("div", {}, make("dt", {}, what), make("dd", {}, much));

/** The bar in the head, and the dialog behind it. */
export const showProgress = (progress, setup) => {
  const { done, budget } = progress;
  const share = budget ? Math.min(1, done / budget) : 0;
  byId("progress-fill").style.width = width(share);
  byId("progress-text").textContent = `${done.toLocaleString("en")} of ${budget.toLocaleString("en")}${progress.may_stop ? ": you may stop" : ""}`;
  const lines = progress.lines.map(([what, much]) => line(what, much));
  const pairs = progress.pairs.map((pair) => line(
    pair.reviewers.map((name) => visible(name, 30)).join(" and "),
    `${pair.agreed} of ${pair.images} the same${pair.kappa === null ? "" : `, Cohen's kappa ${pair.kappa.toFixed(2)}`}`));
  const parts = [make("dl", { class: "figures" }, ...lines)];
  if (progress.advice) parts.push(make("p", { class: progress.may_stop ? "good" : "" }, progress.advice));
  if (pairs.length) parts.push(make("h3", {}, "Reviewers"), make("dl", { class: "figures" }, ...pairs));
  if (progress.relabel_advice) parts.push(make("p", { class: "small" }, progress.relabel_advice));
  byId("progress-body").replaceChildren(...parts);
  const { is_running: isRunning, error, times } = progress.relabel;
  byId("relabel").hidden = !setup.canRelabel;
  byId("relabel").disabled = isRunning || !done;
  byId("relabel").classList.toggle("primary", Boolean(progress.relabel_is_worth_it));
  byId("relabel-state").textContent = isRunning
    ? "A new relabel runs; you can go on."
    : error || (times ? `Relabelled; the corrected table is ${visible(setup.out, 120)}.` : "");
};
