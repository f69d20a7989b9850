import { byId, make, visible } from "./api.js";

const FIELDS = ["status", "pair", "rule", "annotator", "wrong", "text"].map((name) => `filter-${name}`);

/** Fill the choices of the filters with what the data set has. */
export const fillFilters = (setup) => {
  const add = (id, values) => {
    byId(id).append(...values);
    byId(id).closest("label").hidden = !values.length;
  };
  add("filter-pair", setup.pairs.map(([given, suggested, rows], place) =>
    make("option", { value: String(place) }, `${visible(given, 30)} → ${visible(suggested, 30)} (${rows})`)));
  add("filter-rule", setup.rules.map(([rule, rows]) => make("option", { value: rule }, `${rule} (${rows})`)));
  add("filter-annotator", setup.annotators.map(([who, rows]) => make("option", { value: who }, `${visible(who, 40)} (${rows})`)));
};

/** The filter as the server reads it. */
export const filterQuery = (setup, reviewer) => {
  const query = { status: byId("filter-status").value, reviewer };
  const pair = byId("filter-pair").value;
  if (pair) [query.given, query.suggested] = setup.pairs[Number(pair)];
  for (const name of ["rule", "annotator", "text"]) {
    const value = byId(`filter-${name}`).value;
    if (value.trim()) query[name] = value;
  }
  [query.least, query.most] = byId("filter-wrong").value.split(",");
  return query;
};

export const isFiltered = () => FIELDS.some((id) => byId(id).value !== firstValue(id));

const firstValue = (id) => (byId(id).options ? byId(id).options[0].value : "");

export const clearFilters = () => {
  for (const id of FIELDS) byId(id).value = firstValue(id);
};

/** Call when a filter has changed; typing waits for a pause. */
export const onFilter = (act) => {
  let timer = null;
  for (const id of FIELDS) {
    byId(id).addEventListener(id === "filter-text" ? "input" : "change", () => {
      clearTimeout(timer);
      timer = setTimeout(act, id === "filter-text" ? 250 : 0);
    });
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
};
