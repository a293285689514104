/**
 * A TLS peer that sends session tickets without end, and nothing else: what TLS takes by itself, and nobody above it sees.
 *
 * A Perl script, with what swaks needs as well: no runtime of ours can send more than a few.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild } from './child.ts';

const SCRIPT = String.raw`
use strict; use IO::Socket::INET; use Net::SSLeay;
$| = 1; $SIG{CHLD} = 'IGNORE'; $SIG{PIPE} = 'IGNORE';
my ($file, $kind) = @ARGV;
Net::SSLeay::initialize();
my $context = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_server_method());
Net::SSLeay::CTX_set_min_proto_version($context, Net::SSLeay::TLS1_3_VERSION());
Net::SSLeay::CTX_use_certificate_chain_file($context, $file) or die 'certificate';
Net::SSLeay::CTX_use_PrivateKey_file($context, $file, Net::SSLeay::FILETYPE_PEM()) or die 'key';
Net::SSLeay::CTX_set_num_tickets($context, 50_000_000);
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 50) or die 'listen';
print $listener->sockport, "\n";
while (my $peer = $listener->accept) {
  next if fork;
  if ($kind eq 'smtp') {
    syswrite $peer, "220 x\r\n"; sysread $peer, my $ehlo, 1000;
    syswrite $peer, "250-x\r\n250 STARTTLS\r\n"; sysread $peer, my $starttls, 1000;
    syswrite $peer, "220 go\r\n";
  }
  my $tls = Net::SSLeay::new($context);
  Net::SSLeay::set_fd($tls, fileno $peer);
  Net::SSLeay::accept($tls);
  exit;
}
`;

export interface TicketPeer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** `isSmtp`: TLS begins after STARTTLS. */
export async function startTicketPeer(
  { key, cert }: { readonly key: string; readonly cert: string },
  isSmtp = false,
): Promise<TicketPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'tickets-'));
  const file = join(folder, 'chain.pem');
  writeFileSync(file, `${key}\n${cert}`);
  const child = spawn('perl', ['-e', SCRIPT, file, isSmtp ? 'smtp' : 'tls'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (octets: Buffer) => resolve(Number(octets.toString())));
    child.once('error', reject);
    child.once('exit', () => reject(new Error('perl ended')));
  });
  return {
    port,
    async close() {
      await endChild(child, 'SIGTERM', 5000);
      rmSync(folder, { recursive: true });
    },
  };
}
