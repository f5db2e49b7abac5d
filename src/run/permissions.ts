/**
 * What the responder may not do, although the program may.
 *
 * @module
 */

/**
 * Gives up, for good and for every worker to come, the permission to run
 * programs: `share` needs a few, and whoever answers strangers needs none.
 */
export function giveUpPrograms(): void {
  Deno.permissions.revokeSync({ name: "run" });
}

/**
 * Gives up, for good and for every worker to come, the permission to listen
 * and to connect; what listens already goes on.
 */
export function giveUpNetwork(): void {
  Deno.permissions.revokeSync({ name: "net" });
}
