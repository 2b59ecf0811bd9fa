import { findConfig, noConfig } from './find-config.ts';
import type { ConfigRequest } from './load-config.ts';
import { readConfigText } from './read-config.ts';
import { locateState, parseStateLocation, type StateLocation, type StateSection } from './state-location.ts';
import { recallStateSection, rememberStateSection } from './state-section-cache.ts';

/**
 * Where the state is, for commands that need nothing else of the configuration and should start at once.
 * Needs no configuration file when a flag or a variable says it. A file whose very text was found valid
 * before is not parsed again.
 * @throws RdsctlError NO_CONFIG, BAD_CONFIG
 */
export async function loadStateLocation(request: ConfigRequest): Promise<StateLocation> {
  const { surroundings, state } = request;
  if (state !== undefined) return parseStateLocation(state.value, surroundings);
  const found = findConfig(request.file, surroundings);
  if (found === null) throw noConfig(surroundings);
  const { file } = found;
  const text = readConfigText(file);
  let section = recallStateSection(file, text, surroundings);
  if (section === null) {
    section = await parseStateSection(file, text);
    rememberStateSection(file, text, section, surroundings);
  }
  return locateState(section, file, surroundings);
}

/** Parses and checks the whole file for the part that is wanted here. */
async function parseStateSection(file: string, text: string): Promise<StateSection> {
  const { parseConfig } = await import('./load-config.ts');
  const { parsed } = parseConfig(file, text);
  return { path: parsed.state.path ?? null, url: parsed.state.url ?? null };
}
