/**
 * What tests trouble masscanned with: a flood that does not end, a disk that is
 * full.
 *
 * @module
 */

import { OURS, succeed } from "./lab.ts";

/** SYNs from addresses that are forged, a thousand a second, until the end. */
export class Flood implements AsyncDisposable {
  readonly #program: Deno.ChildProcess;

  /**
   * Begins.
   *
   * @param address Whom they are for.
   * @param iface Interface that they leave by.
   */
  constructor(address: string = OURS, iface: string = "client0") {
    const args =
      `-q -I ${iface} --syn --rand-source -p ++1 -i u1000 ${address}`;
    this.#program = new Deno.Command("hping3", {
      args: args.split(" "),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill("SIGKILL");
    await this.#program.status;
  }
}

/** A small disk, to be filled. */
export class Disk implements AsyncDisposable {
  /** The folder that it is mounted on, open to everybody. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Mounts a disk.
   *
   * @param size Its size, as mount(8) has it.
   */
  static async mount(size: string = "4m"): Promise<Disk> {
    const path = await Deno.makeTempDir();
    await succeed(`mount -t tmpfs -o mode=1777,size=${size} disk ${path}`);
    return new Disk(path);
  }

  /** Makes room. */
  async grow(size: string): Promise<void> {
    await succeed(`mount -o remount,size=${size} ${this.path}`);
  }

  /** Unmounts it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await succeed(`umount ${this.path}`);
    await Deno.remove(this.path);
  }
}
