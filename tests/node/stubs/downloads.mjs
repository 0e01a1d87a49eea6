// A server with one large file, and clients that go away when the download has begun.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** What a driver exports, for a handler that `handlerOf` makes of the folder with the file called `name`. */
export async function downloads(name, handlerOf, headers = '') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'download-'));
  const file = path.join(folder, name);
  fs.writeFileSync(file, '');
  fs.truncateSync(file, 64 << 20);
  const target = fs.realpathSync(file);
  const server = http.createServer(handlerOf(folder)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const linkOf = (fd) => { try { return fs.readlinkSync(`/proc/self/fd/${fd}`); } catch { return ''; } };
  return {
    rounds: 5,
    async round() {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.write(`GET /${name} HTTP/1.1\r\nHost: here\r\n${headers}\r\n`);
      await once(client, 'data');
      client.destroy();
      await once(client, 'close');
    },
    settle: () => pause(200),
    /** How often the process has the file open. */
    measure: () => fs.readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === target).length,
    teardown() {
      server.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}
