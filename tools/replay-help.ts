/** What `npm run replay -- --help` says below its flags. */
export const REPLAY_HELP = `
Modes:
  print     the records themselves, a line each, as --file reads them
  verify    folds the log anew and holds what it comes to against what is stored: sessions, cycles and kWh that would
            appear, vanish or change, device by device. Writes nothing; the server may run.
  repair    folds in what the store has not seen, late or not; what never was on the folder's log is put there first.
            The server is stopped. What is known is dropped: a second repair writes nothing. What GET /v1/backfill lists
            is taken up, of devices of which the source has everything.
  restream  puts the records on another log, with the time at which they were received
  shadow T  folds the log into a store of its own beside the live one; verify --table T holds the log against it

Modes that write make a dry run first, say how many rows it comes to and what that costs on AWS, and ask. --dry-run ends
there. --most N writes without one, and stops to ask before it would write more. In a pipe nobody can be asked: --yes.
Nobody is notified of anything by a replay: no time sync is sent for what it tells again.

The range is of event time, half-open. What happened in it may have come in later, by --margin. verify folds whatever
lies before it too, and compares what began in the range. Of a stream, --from begins at what arrived an hour before,
unless a device or a location is asked for; verify and shadow read all of it. A shadow of a range has the configurations
in force that were set before.

A log that was pruned, and a stream, lack what came long ago. Of a device that said something before, verify begins at
a stored checkpoint: the last up to --from that lies behind what is lacking, else the first. What lies up to there is
taken as it is stored, configurations with it; compared is what began behind it, or was open there. The report says how
many devices that are and where they begin. A device with no such checkpoint is named and not compared, and so is one
whose clock was not set since. Of --file the same is done where --from is given.

--kinesis reads shards parents first, each within its limits, takes aggregated records apart and drops exact copies, up
to what was on the stream when it began. --shard ID --after-sequence N begins in the middle. Credentials and region are
AWS's own variables. After Ctrl-C, or anything worse, a replay with --checkpoint FILE goes on where it was.

--dynamodb PREFIX is the AWS home: verify holds a stream against its tables, repair folds in what they lack of it, or of
what was given up, beside the functions that go on; shadow T makes tables of its own, PREFIXshadow-T-…, and verify
--table T compares with those. AWS_ENDPOINT_URL_DYNAMODB names a stand-in.

--archive reads what was archived, by event time, in the order of the log; a checkpoint of it begins anew. Of some days or
one device only their files are opened, unless --location or an IoT Wireless id has to be looked up: what was configured
may lie anywhere. A bucket's files are brought here, at most --scratch-mb of them at once, and removed. What a device sent
twice is in it once, so that it has fewer records than the log, and comes to the same.

Examples:
  npm run replay -- verify --log data/pilotline
  npm run replay -- verify --log data/pilotline --from 2026-10-01T00:00Z --to 2026-11-01T00:00Z --json october.json
  npm run replay -- print --log data/pilotline --device dev-1 --type state_change > dev-1.ndjson
  npm run replay -- repair --file lost.ndjson.gz --data data/pilotline --dry-run
  npm run replay -- restream --log data/pilotline --into-stream pilotline-small-events --speed 60 --checkpoint place.json
  npm run replay -- shadow next --log data/pilotline && npm run replay -- verify --log data/pilotline --table next

The report is the same for the same log, byte by byte, and ends with its hash.

Exit codes: 0 the same, or written; 1 it differs, or a dry run that would write; 2 it failed, stopped or could not begin.
`
