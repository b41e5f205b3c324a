/** What `npm run replay -- --help` says below its flags. */
export const REPLAY_HELP = `
Modes:
  print    the records themselves, a line each, as --file reads them
  verify   folds the log anew and holds what it comes to against what is stored: sessions, cycles and kWh that would
           appear, vanish or change, device by device. Writes nothing; the server may run.

The range is of event time, half-open. verify folds whatever lies before it too, and compares what began in the range.

Examples:
  npm run replay -- verify --log data/pilotline
  npm run replay -- verify --log data/pilotline --from 2026-10-01T00:00Z --to 2026-11-01T00:00Z --json october.json
  npm run replay -- print --log data/pilotline --device dev-1 --type state_change > dev-1.ndjson
  npm run replay -- verify --file backup.ndjson.gz --data data/pilotline

The report is the same for the same log, byte by byte, and ends with its hash.

Exit codes: 0 the same, 1 it differs, 2 it failed or could not begin.
`
