/**
 * Index values and addresses as sums: a constant plus multiples of locals. Index arithmetic is collected in this form and turned
 * into instructions only where it is needed, so that constant parts become the offsets of loads and stores, and the
 * rest becomes a few pointers that loops move along (function-emitter.ts).
 */

/** A local that a form can refer to. Its value does not change while a form that uses it is alive, but for loop counters. */
export interface IndexTerm {
  readonly local: number;
  /** Loops around the place where it is defined. */
  readonly depth: number;
  /** Never negative; addresses are not. */
  readonly nonNegative: boolean;
}

export interface LinearForm {
  readonly constant: number;
  /** Coefficients are never zero. */
  readonly terms: ReadonlyMap<IndexTerm, number>;
}

export function constantForm(constant: number): LinearForm {
  return { constant, terms: new Map() };
}

export function termForm(term: IndexTerm): LinearForm {
  return { constant: 0, terms: new Map([[term, 1]]) };
}

/** The value of a form without terms; undefined for others. */
export function constantOf(form: LinearForm): number | undefined {
  return form.terms.size === 0 ? form.constant : undefined;
}

export function addForms(a: LinearForm, b: LinearForm): LinearForm {
  if (b.terms.size === 0) return { constant: a.constant + b.constant, terms: a.terms };
  const terms = new Map(a.terms);
  for (const [term, coefficient] of b.terms) {
    const sum = (terms.get(term) ?? 0) + coefficient;
    if (sum === 0) terms.delete(term);
    else terms.set(term, sum);
  }
  return { constant: a.constant + b.constant, terms };
}

export function scaleForm(form: LinearForm, factor: number): LinearForm {
  if (factor === 1) return form;
  if (factor === 0) return constantForm(0);
  const terms = new Map([...form.terms].map(([term, coefficient]) => [term, coefficient * factor]));
  return { constant: form.constant * factor, terms };
}

export function withConstant(form: LinearForm, constant: number): LinearForm {
  return form.constant === constant ? form : { constant, terms: form.terms };
}

/** `form` with a term replaced by a form. */
export function substituteTerm(form: LinearForm, term: IndexTerm, replacement: LinearForm): LinearForm {
  const coefficient = form.terms.get(term);
  if (coefficient === undefined) return form;
  const terms = new Map(form.terms);
  terms.delete(term);
  return addForms({ constant: form.constant, terms }, scaleForm(replacement, coefficient));
}

/** Whether the form cannot be negative: no negative part anywhere. */
export function isNonNegative({ constant, terms }: LinearForm): boolean {
  if (constant < 0) return false;
  for (const [term, coefficient] of terms) if (coefficient < 0 || !term.nonNegative) return false;
  return true;
}

/** The same for equal forms: terms are locals, which are unique in a function while they are in use. */
export function formKey({ constant, terms }: LinearForm): string {
  const parts: string[] = [];
  for (const [term, coefficient] of terms) parts.push(`${term.local}*${coefficient}`);
  if (parts.length > 1) parts.sort();
  return `${constant} ${parts.join(" ")}`;
}
