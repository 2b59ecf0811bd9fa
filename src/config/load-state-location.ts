import { isUrl } from './etcd-url.ts';
import { findConfig, noConfig } from './find-config.ts';
import type { ConfigRequest } from './load-config.ts';
import { readConfigText } from './read-config.ts';
import {
  locateState,
  parseStateLocation,
  stateSection,
  type StateLocation,
  type StateSection,
  type Surroundings,
} from './state-location.ts';
import { recallStateSection, rememberStateSection } from './state-section-cache.ts';

/**
 * Where the state is, for commands that need nothing else of the configuration and should start at once.
 * Needs no configuration file when a flag or a variable says it; a URL takes the files of its login from one. A
 * file whose very text was found valid before is not parsed again.
 * @throws RdsctlError NO_CONFIG, BAD_CONFIG, BAD_ARGUMENT
 */
export async function loadStateLocation(request: ConfigRequest): Promise<StateLocation> {
  const { surroundings, state } = request;
  if (state !== undefined && !isUrl(state.value)) return parseStateLocation(state.value, surroundings);
  const found = findConfig(request.file, surroundings);
  if (found === null) {
    if (state !== undefined) return parseStateLocation(state.value, surroundings);
    throw noConfig(surroundings);
  }
  const { file } = found;
  const section = await sectionOf(file, surroundings);
  return state === undefined
    ? locateState(section, file, surroundings)
    : parseStateLocation(state.value, surroundings, section, file);
}

async function sectionOf(file: string, surroundings: Surroundings): Promise<StateSection> {
  const text = readConfigText(file);
  const known = recallStateSection(file, text, surroundings);
  if (known !== null) return known;
  const section = await parseStateSection(file, text);
  rememberStateSection(file, text, section, surroundings);
  return section;
}

/** Parses and checks the whole file for the part that is wanted here. */
async function parseStateSection(file: string, text: string): Promise<StateSection> {
  const { parseConfig } = await import('./load-config.ts');
  return stateSection(parseConfig(file, text).parsed.state);
}
