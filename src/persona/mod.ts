/**
 * Every persona: who the program can pretend to be.
 *
 * To add one: write `src/persona/<name>.ts` and add a line here.
 *
 * @module
 */

import type { Persona } from "../persona.ts";
import { classic } from "./classic.ts";
import { linux } from "./linux.ts";

/** Personas by name; the first is the default. */
export const PERSONAS: readonly Persona[] = [linux, classic];
