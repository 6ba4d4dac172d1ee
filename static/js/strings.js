// @ts-check
// Every text that the page's own modules show stands here, so that it can be
// translated in one place. {name} is filled in by t.

const catalogue = {
  // modes
  step: 'Step', slow: 'Slow', full: 'Full speed', replay: 'Replay',
  timeMode: 'Time mode',
  next: 'Next operation', nextBlock: 'Run to next block', one: 'One operation',
  pause: 'Pause', goOn: 'Go on', play: 'Play', freeze: 'Freeze', again: 'Run it again',
  window100: 'Replay last 100 ms', backToLive: 'Back to live',
  backEvent: 'Back one event', forwardEvent: 'Forward one event',
  pace: 'Pace', paceValue: '{n} a second', timeScale: 'Time scale', window: 'Window', windowValue: 'last {n} s',
  bookmark: 'Bookmark', bookmarked: 'Bookmark · {n}', marked: 'Bookmark at {t}.', unmarked: 'The bookmark at {t} is taken away.', atMark: 'Bookmark {n} of {of}, at {t}.', noMark: 'There is no further bookmark.',
  asRecorded: 'as recorded', slower: '{n} times slower', scaleValue: '1 µs → {n} ms',
  behindLive: '{t} behind · the workers go on', ended: 'the run has ended',

  // what may be claimed
  stepClaim: 'Workers are held between operations.',
  stepTruth: 'What each call did is real. When it starts is up to you. Timings are longer than at full speed.',
  slowClaim: 'The lab lets {n} operations a second go,', slowClaimOne: 'The lab lets one operation a second go,', slowHeld: 'The lab holds all workers,',
  slowTruth: 'in a seeded order (seed {seed}). Timings are longer than at full speed.',
  fullClaim: 'Counters are exact.',
  fullTruth: 'Every call is recorded; only this mode may speak of rates and latencies.',
  fullTruthSample: 'Of the calls, 1 of {n} is recorded in full; only this mode may speak of rates and latencies.',
  pastClaim: 'You look at the past.',
  pastTruth: 'Order and intervals are those of the run. Acting returns to now first.',
  pastPacedTruth: 'Order is that of the run; its timings were made by the pace.',
  endClaim: 'No worker is running.',
  endTruth: 'All that was recorded is here. Start it again for new processes.',
  playClaim: 'This is a recording.',
  playTruth: 'No process is running; the pids are those of that day. Recorded on {kernel}, {cpus} cores, {date}.',
  viewerClaim: 'You are watching.',
  viewerTruth: 'The presenter controls the processes. You can pause, go back and open any panel for yourself.',

  noCall: 'No call yet.', noCallText: 'All processes are held before their first one. Press Space: the call appears here as a sentence.',

  // knobs
  parameters: 'Parameters', reset: 'Reset', fewer: 'Fewer: {k}', more: 'More: {k}',
  onRestart: 'from the next start', restart: 'Restart with these', asked: 'asked for {n}',
  to: '{a} to {b}', off: 'off', on: 'on', knobsFixed: 'Only the presenter turns these.',

  // experiments
  experiments: 'Experiments', experimentsWith: 'Experiments with: {title}', close: 'Close',
  experimentsText: 'Each sets the parameters, runs, and checks what must be seen. Predict it for yourself first.',
  find: 'Find an experiment', findHint: 'Find: full, lost, two writers', run: 'Run', allOf: 'All {n} experiments',
  runsHere: 'runs here', rate: '{a} of {b}', notTried: 'not tried yet', statistical: 'statistical', statisticalOf: 'statistical: {rate}',
  expected: 'expected in {n} %', atLeast: 'runs, {n} expected', belowRate: '! fewer than promised', lastMiss: 'Last time: {why}', showsNumber: 'shows a number', lastOf: 'the last of {n} runs', measured: 'Measured', nothingFound: 'No experiment is called so.', mustSee: 'What must be seen',
  judgedIn: 'Running. Judged in {n} s.', judgedSoon: 'Running. Judged in a moment.', seen: 'Seen in this run', notSeen: 'Not seen', notSeenNow: 'Not in this run',
  notJudged: 'Not judged', youTook: 'you took over.', theyTook: 'the presenter took over.', runAgain: 'Run again',
  experimentsFoot: 'of runs here: how often it came out so on this machine since the lab was started. statistical: depends on chance; judged over many runs, never over one. shows a number: nothing is promised.',

  // lessons
  couldNotTell: 'could not tell', inThisOrder: 'the right order', inAnotherOrder: 'another order', sure1: 'a guess', sure2: 'fairly sure', sure3: 'certain',
  kindmust: 'must hold', kindusually: 'holds usually', kindshow: 'only shown', didNotHold: 'Did not hold on this run.', heldAfter: 'held after {n} s',
  heldOf: 'held in {a} of {b} runs; promised: {least} of {of}', notHere: 'not checked here: {why}', cannotJudge: 'could not be checked: {why}', shownSo: 'so in this run; nothing is promised', shownNot: 'not so in this run; nothing is promised',
  ofClaims: '{a} of {b}', colOrder: 'order', colKilled: 'killed before', colNobody: 'nobody', colCounter: 'counter', colLost: 'lost', colRecord: 'record', colTorn: 'torn', colWhole: 'whole', colAsleep: 'asleep at the end', colEnd: 'work', colDone: 'done', colStuck: 'not done',
  movedTo: 'Now line {n} of {of}.', sawLast: 'seen last: {what}', touched: 'Somebody acted on the processes while this ran: the claims are checked on what happened.',
  notKnownWhy: 'We do not know why yet. The settings were those of the lesson.', changedWhy: '{what}. The claim speaks of the lesson\'s own value: what is different now, and why?', changedOne: 'You changed {label} from {from} to {to}',
  stepOf: 'Step {a} of {b}', lessonEnd: 'End', held: '{n} real processes, held', oneHeld: '1 real process, held', replayPill: 'REPLAY · nothing is running', yourPrediction: 'your prediction', youSure: 'you, {sure}',
  lastTime: 'Last time you said: {what}.', lessonChanged: 'The lesson was changed since your answer.', nothingYet: 'Nothing has run yet.', fixedRun: 'Fixed while the run goes on.', fixedReplay: 'A recording cannot be changed.', fixedReport: 'Fixed until you have said what you saw. Drag the timeline to look again.',
  knobFree: 'Turn it for another run.', playAgain: 'Play again', watchAgain: 'Watch again', toTheEnd: 'To the end', noRecording: 'There is no recording of this step.', pictureStands: 'The picture stands; the processes go on.', watchRecording: 'Play the recording',
  youSaid: 'You saw: {a}. The records of this run say: {b}.', youCouldNot: 'The records of this run say: {b}.', behindIt: 'Many predict as you did.', neededFor: '{letter} would need', wasSo: 'it was', said: 'the lesson says', inAllRuns: ', in all runs', kernelElse: 'none of these: see the claims', doneSeen: 'The run is done. What did you see?', doneChecked: 'The run is done.', verdict: '{a} of {b} claims held.',
  failedLine: '{line} did not come about.', stoppedRun: 'The run was stopped before its end.', cannotPerform: 'It cannot be done here: {why}', viewerRun: 'Only the presenter starts processes. Your answers are your own.',
  right: 'Right.', wrongTold: 'Not so. The answer: {a}.', startLesson: 'Start the lesson', bothAlive: 'both are alive now', allAlive: 'all are alive now', oneAlive: 'it is alive now', someAlive: '{a} of {b} are alive now', noneAlive: 'they have ended', ofRecording: 'they ended when this was recorded',
  kLetters: 'choose an answer', kEnter: 'the yellow button', kReplay: 'watch again', kPlay: 'play and pause', kNextStep: 'next step', stageGone: 'Back to the stage',

  // states
  starting: 'starting', viewers: '{n} pages watch', processes: '{n} real processes · this machine', oneProcess: '1 real process · this machine', noProcess: 'no process is running', lastSeen: 'last seen {t}',
  goneTitle: 'The ipclab server has not answered for {n} seconds.', goneText: 'All workers end with it. The last picture is kept below.',
  goneWay: 'Trying again every 2 seconds. If you closed it: start it with ipclab and open the address that it prints.',
  staleTitle: 'This is another start of the lab.', staleText: 'Open the address that it printed in its terminal.',
  saveHere: 'Save what is here', saved: 'Saved {n} events.',
  cannotTitle: '{title} cannot run here', useRecording: 'Use a recording', whatShows: 'What this machine can show',
  refusedTitle: 'Not started: too much for this machine', refusedShort: 'Not started', youAsked: 'you asked for', leftHere: 'left here', atMost: 'at most',
  refusedText: 'Nothing was started and nothing was changed.', runWith: 'Run with {fits}', tryAgain: 'Try again',
  lostTitle: '{a} of {b} events were lost', lostText: 'a worker was faster than its record. The counters are exact and still agree with the kernel; in the gap nothing is drawn.',
  runSlower: 'Run again, slower', dismiss: 'Go on',
  thinned: 'The oldest events are thinned out: this page keeps a million.',

  wrongTitle: 'The drawing is wrong by {n}', wrongText: '○ worked out {a}, ● kernel {b}. The kernel is right; the level bar shows it.', report: 'Save this run',
  notDone: 'Not done: {why}', endedTitle: 'The run has ended.', newRun: 'A new run was started: new processes, new pids.', newRunText: 'The one before ended with the lab.',
  acting: 'Back to live first: a real run cannot be forked.',

  // home
  pausePipe: 'Pause', wakePipe: 'Go on', sleepReader: 'Put the reader to sleep', wakeReader: 'Wake the reader',

  // player
  previousChapter: 'Previous chapter', nextChapter: 'Next chapter', speed: 'Speed',
  aboutText: '{n} events, {lost} while it was recorded.', noneLost: 'none lost', someLost: '{n} lost', notKept: '{n} before it are not kept', keptFrom: 'Whole from here on', notKeptText: 'Of a long run the end is kept: {n} before it are not in this file.', runHere: 'Run it on this machine',
  runHereText: 'Opens the bench with these parameters and real processes here. The outcome can differ; that is the point.',
  damagedTitle: 'Damaged from {t} on', damagedText: '{why} {n} events up to there are whole and play normally; the rest is not shown, and no state is guessed.', saveWhole: 'Save the whole part',
  // the learning path
  steps: '{b} steps', stepsDone: '{a} of {b} steps done', changedSince: 'changed since your answers', lessonsDone: '{a} of {b} lessons done',
  stepIsNext: 'Step {a} of {b} is next, about {n} minutes left', stepIsFirst: 'Step {a} of {b}, about {n} minutes in all', begin: 'Begin',
  allDone: 'All lessons are done.', allDoneText: 'Go through one again, or change what it sets and predict.',
  testedIn: 'tested in {lesson} on {day}, {a} of {b} claims held', progressLoaded: 'The progress of the file is here now.',

  nothingOpened: '{name}: {why} Nothing was opened.', noEvent: 'It holds no whole event.', noShelf: 'This browser keeps no files between pages: open the recording in the player itself.',
  chSignal: '{signal} to {who}', chAsked: 'asked for by a person', chUnasked: 'nobody asked for it', chEnds: '{who} ends', chKilled: 'killed by {signal}', chExit: 'exit {n}',
  startOfRun: 'Start', another: 'Open another',

  // doctor
  checking: 'Checking: {a} of {b} done', checked: 'Checked: {ok} of {b} can be shown', checkedText: 'Each check made the real thing, looked at it and removed it.',
  groupMechanisms: 'Inside this machine', groupLooking: 'Looking, timing and the network', groupCount: '{ok} can be shown, {no} cannot, {part} in part',
  isOk: 'can be shown', isPart: 'in part', isNo: 'cannot be shown', isUnknown: 'not found out', nextCheck: 'the next check',
  copied: 'Copied.', selectToCopy: 'Selected: copy it with Ctrl C.', doctorGone: 'The server does not answer. Trying again.',

  // keys
  keys: 'Keys', theme: 'Theme', letters: 'Single-letter keys',
  kNext: 'next operation, play or pause', kBlock: 'run to next block', kEvents: 'previous and next event', kScrub: 'scrub', kModes: 'the four time modes',
  kPresent: 'present', kLog: 'events as text', kExperiments: 'experiments', kEnd: 'back to live', kHelp: 'this help', kEsc: 'close',
  kMark: 'set or take away a bookmark; [ and ] go to it', kNextOp: 'next operation', kChapters: 'chapters',
  legend: 'Colour says who. Shape says what. Outline says which state. Yellow says now. Red, always with “!”, says wrong. ● read from the kernel, ○ worked out from the calls.',

  // announcements
  sayFull: '{n} messages a second, {lost}.', sayNoneLost: 'none lost', sayLost: '{n} records lost', sayMode: 'Now: {mode}.', sayPast: 'You look at the past.', sayLive: 'Back to live.',
}

/** @typedef {keyof typeof catalogue} Key */

/**
 * A text of the catalogue.
 * @param {Key} key @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  return catalogue[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
}

/** The keys of the catalogue, for its test. */
export const keys = Object.keys(catalogue)

/** A number in groups of three that never break. @param {number} n */
export function num(n) {
  const s = Math.abs(n) < 10000 ? String(Math.round(n * 100) / 100) : String(Math.round(n))
  const [whole, part] = s.replace('-', '\u2212').split('.')
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u00a0') + (part ? '.' + part : '')
}

/** A time in ns, for people. @param {number} ns */
export function span(ns) {
  const [v, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's']
  return (v < 10 ? v.toFixed(2) : v < 100 ? v.toFixed(1) : v.toFixed(0)) + '\u00a0' + unit
}
