/** The runbook of the language's description, its abridged parts filled in. */
export const runbookText = `apiVersion: firedrill/v1
kind: Runbook
id: database-corruption
title: Database corruption
version: 1.0.0
summary: Pages of the production database are damaged; backups from before and the WAL since are intact.
severity: P0
objectives: {rto: 4h, rpo: 1h, expected: 2h}

roles:
  incident-commander: {title: Incident commander}
  database-lead: {title: Database lead}
  communications-lead: {title: Communications lead}

inputs:
  database: {type: string, default: "\${environment.database}"}

detection:
  - sign: PostgreSQL reports invalid pages or checksum failures
    check: {uses: postgres.checksum-failures, with: {database: "\${inputs.database}"}, expect: {failures: {atLeast: 1}}}
  - sign: Queries fail with "could not read block"

acceptance:
  hold: 5s
  checks:
    - {id: writes, uses: sentinel.acknowledged-write}
    - {id: content, uses: postgres.content-matches, with: {tables: static, and: ledger}, critical: true}
    - {id: application, uses: http.get, with: {url: "\${environment.application}/health"}, expect: {status: {equals: 200}}}

phases:
  - id: assessment
    title: Assessment
    target: 15m
    steps:
      - id: extent
        title: Find the damaged relations
        why: Which relations are damaged decides how we come back.
        role: database-lead
        uses: postgres.find-damage
        with: {database: "\${inputs.database}"}
        effect: read
        timeout: 10m
        saves: {damaged: relations, suggestion: suggestion}
        ifFails: Treat the whole cluster as damaged and choose "whole".
      - id: declare
        title: Declare the incident
        role: incident-commander
        ask:
          severity: {choice: [P0, P1, P2, P3], prompt: How severe is it?}
          users: {text: {max: 200}, prompt: "Who is affected, in plain words?"}
        timeout: 5m
        onTimeout: remind
        marks: declared
      - id: tell-users
        title: Tell the users
        role: communications-lead
        uses: notify.send
        with: {message: customer-initial, to: customers}
        due: {within: 10m, of: declared}
        effect: once

  - id: containment
    title: Containment
    target: 15m
    steps:
      - id: stop-application
        title: Stop the application
        role: database-lead
        uses: service.stop
        check: {uses: service.is-stopped}
        undo: {uses: service.start}
        effect: idempotent
      - id: fence
        title: Stop the damaged cluster and put it aside
        role: database-lead
        uses: postgres.set-aside
        check: {uses: postgres.is-set-aside}
        undo: {none: the damaged cluster is evidence}
        approve: {by: [incident-commander], not: executor}
        effect: once
        timeout: 5m

  - id: recovery
    title: Recovery
    target: 45m
    steps:
      - id: way-back
        title: Choose the way back
        role: incident-commander
        decide:
          prompt: "Damaged: \${steps.extent.damaged}"
          suggest: "\${steps.extent.suggestion}"
          options:
            indexes-only:
              title: Rebuild the indexes
              steps:
                - {id: reindex, title: Rebuild the indexes, role: database-lead, instruct: "Rebuild what \${steps.extent.damaged} needs"}
            whole:
              title: Restore the whole database
              steps:
                - id: restore
                  title: Restore the newest usable backup and replay the log
                  role: database-lead
                  uses: postgres.restore
                  with: {backup: newest-usable, until: latest, into: replacement}
                  approve: {by: [incident-commander], not: executor, breakGlass: incident-commander}
                  effect: once
                  timeout: 2h
                  check: {uses: postgres.restored-from, with: {backup: "\${steps.restore.backup}", cluster: replacement}}
                  saves: {backup: backup}
                  undo: {none: the damaged cluster is kept aside until the run is accepted}
        timeout: 5m
        onTimeout: escalate

  - id: verification
    title: Verification
    target: 15m
    steps:
      - id: verified
        title: Wait until the service is verified
        role: database-lead
        wait: {until: acceptance, every: 1s}
        timeout: 15m

always:
  steps:
    - id: re-protect
      title: Protect the new primary
      role: database-lead
      instruct: Make a slot, a receiver and a base backup for the new primary
      check: {uses: service.is-stopped}
`;

export const drillText = `apiVersion: firedrill/v1
kind: Drill
id: 2027-q1-database-corruption
title: First quarter 2027, database corruption
runbook: ../runbooks/database-corruption.yaml
environment: lab
scheduled: 2027-01-17T09:00:00+08:00
people:
  incident-commander: {name: Ana, contact: "+63 917 000 1111"}
  database-lead: {name: Ben, contact: "+63 917 000 2222"}
  communications-lead: {name: Cel, contact: "+63 917 000 3333"}
observer: {name: Dan, contact: "+63 917 000 4444"}
load: {writesPerSecond: 20}
faults:
  - {inject: corrupt-heap-pages, after: {phase: start, delay: 10s}, with: {relation: bookings, pages: 3}}
rubric: rubrics/evidence.yaml
checklists: {before: checklists/before.yaml, after: checklists/after.yaml}
messages: [../runbooks/messages/corruption.yaml]
answers:
  steps:
    declare: {severity: P0, users: Everybody}
    fence: {approve: true}
    way-back: {option: whole}
    restore: {approve: true}
    re-protect: {done: true}
    clock: {done: true}
    notes: {done: true}
`;

export const rubricText = `apiVersion: firedrill/v1
kind: Rubric
id: evidence
title: Evidence
version: 1.0.0
categories:
  - {key: R, title: Recovery objectives, weight: 30}
  - {key: V, title: Integrity and service verification, weight: 20}
  - {key: X, title: Procedure, weight: 15}
  - {key: P, title: Phase pace, weight: 10}
  - {key: C, title: Communication, weight: 10}
  - {key: S, title: Security and privacy, weight: 10}
  - {key: E, title: Evidence and governance, weight: 5}
caps: [CF-03, CF-04, CF-05, CF-07, CF-10]
`;

export const messagesText = `apiVersion: firedrill/v1
kind: Messages
id: corruption-messages
title: Messages for a damaged database
messages:
  - id: customer-initial
    audience: customers
    subject: We are looking into a problem
    body: |
      Severity \${answers.declare.severity}: \${answers.declare.users}.
`;

export const beforeText = `apiVersion: firedrill/v1
kind: Checklist
id: before-the-drill
title: Before the drill
items:
  - {id: clock, title: Clocks are in step, role: database-lead, check: {uses: service.is-stopped}}
`;

export const afterText = `apiVersion: firedrill/v1
kind: Checklist
id: after-the-drill
title: After the drill
items:
  - {id: notes, title: Write down what was learnt, role: incident-commander}
`;

export const configurationText = `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Rides}
environments:
  lab: {kind: lab}
  production:
    kind: declared
    database: {host: db.internal, port: 5432, name: rides, user: firedrill, passfile: /etc/firedrill/pgpass}
    fingerprint: {systemIdentifier: "7412345678901234567", host: db.internal, port: 5432}
    store: main
    policy: {staticTables: [public.cities], appendOnly: {public.payments: id}}
    sentinel: {resolution: 250ms}
stores:
  main: {kind: local, directory: /backup}
policies:
  hourly: {way: physical, store: main, interval: 30m, duration: 5m, upload: 5m, alarm: 45m, retention: {keep: 7, for: 30d}}
people:
  incident-commander: {name: Ana, contact: "+63 917 000 1111"}
channels:
  customers: {kind: outbox}
  internal: {kind: command, argv: [logger, -t, firedrill]}
  management: {kind: webhook, urlFile: /etc/firedrill/webhook}
actions: [./actions/own.js]
`;
