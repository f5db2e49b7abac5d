/**
 * The kernel of the sensor's side as one of those who answer: with pings, and
 * resets of connections to ports where nobody listens.
 *
 * @module
 */

import { ON_SENSOR, succeed } from "../../lab/lab.ts";
import type { Target } from "../template.ts";

const IFACE = "sensor0";
const IP = "c0000202"; // 192.0.2.2, which the lab gives it
const ROUTER = "192.0.2.3"; // nobody's: the generator takes what is for it
const CLIENTS = "198.18.0.0/15";
const ROUTER_MAC = "02:00:00:00:00:02";

/**
 * Shows the kernel the way back to the generator's clients.
 *
 * @returns How the kernel is asked. Declare it with `await using`: then it
 * forgets the way.
 */
export async function letKernelAnswer(): Promise<Target & AsyncDisposable> {
  const ip = `${ON_SENSOR} ip`;
  const neighbour = `${ROUTER} lladdr ${ROUTER_MAC} dev ${IFACE}`;
  await succeed(`${ip} neighbour replace ${neighbour}`);
  await succeed(`${ip} route replace ${CLIENTS} via ${ROUTER}`);
  const links = JSON.parse(await succeed(`${ip} -json link show dev ${IFACE}`));
  return {
    ip: IP,
    mac: links[0].address.replaceAll(":", ""),
    [Symbol.asyncDispose]: async () => {
      await succeed(`${ip} route delete ${CLIENTS}`);
      await succeed(`${ip} neighbour delete ${ROUTER} dev ${IFACE}`);
    },
  };
}
