import type { ArgumentSpec, Completes, OptionSpec } from './spec-types.ts';

interface ArgumentExtras {
  readonly completes?: Completes;
  readonly choices?: readonly string[];
}

function argument<T>(
  arity: ArgumentSpec<T>['arity'],
  display: string,
  about: string,
  extras: ArgumentExtras,
): ArgumentSpec<T> {
  return { arity, display, about, completes: extras.completes ?? null, choices: extras.choices ?? null };
}

/** An argument that has to be given. */
export function required(display: string, about: string, extras: ArgumentExtras = {}): ArgumentSpec<string> {
  return argument('one', display, about, extras);
}

/** An argument that may be left out. */
export function optional(
  display: string,
  about: string,
  extras: ArgumentExtras = {},
): ArgumentSpec<string | undefined> {
  return argument('optional', display, about, extras);
}

/** All the arguments that are left; may be none. */
export function rest(
  display: string,
  about: string,
  extras: ArgumentExtras = {},
): ArgumentSpec<readonly string[]> {
  return argument('many', display, about, extras);
}

interface OptionExtras {
  readonly short?: string;
  readonly completes?: Completes;
  readonly hidden?: boolean;
}

function option<T>(
  kind: OptionSpec<T>['kind'],
  display: string | null,
  about: string,
  fallback: T,
  extras: OptionExtras,
  choices: readonly string[] | null = null,
): OptionSpec<T> {
  return {
    kind,
    display,
    about,
    fallback,
    choices,
    short: extras.short ?? null,
    completes: extras.completes ?? null,
    hidden: extras.hidden ?? false,
  };
}

/** An option without a value. */
export function flag(about: string, extras: OptionExtras = {}): OptionSpec<boolean> {
  return option('flag', null, about, false, extras);
}

/** An option without a value that counts how often it is given. */
export function count(about: string, extras: OptionExtras = {}): OptionSpec<number> {
  return option('count', null, about, 0, extras);
}

/** An option with a value that is taken as it is. */
export function text(
  display: string,
  about: string,
  extras: OptionExtras = {},
): OptionSpec<string | undefined> {
  return option('text', display, about, undefined, extras);
}

/** An option with a value that may be given more than once; perhaps only some words are allowed. */
export function list<const C extends string = string>(
  display: string,
  about: string,
  extras: OptionExtras & { readonly choices?: readonly C[] } = {},
): OptionSpec<readonly C[]> {
  return option<readonly C[]>('list', display, about, [], extras, extras.choices ?? null);
}

/** A duration, as milliseconds. */
export function duration(about: string, extras?: OptionExtras): OptionSpec<number | undefined>;
export function duration(
  about: string,
  extras: OptionExtras & { readonly fallback: number },
): OptionSpec<number>;
export function duration(
  about: string,
  extras: OptionExtras & { readonly fallback?: number } = {},
): OptionSpec<number | undefined> {
  return option('duration', 'DURATION', about, extras.fallback, extras);
}

/** A whole number from 0 up. */
export function integer(
  display: string,
  about: string,
  extras: OptionExtras & { readonly fallback: number },
): OptionSpec<number> {
  return option('integer', display, about, extras.fallback, extras);
}

/** One of a few words. */
export function choice<const C extends readonly string[]>(
  display: string,
  choices: C,
  about: string,
  extras: OptionExtras = {},
): OptionSpec<C[number] | undefined> {
  return option<C[number] | undefined>('choice', display, about, undefined, extras, choices);
}
