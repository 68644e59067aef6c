import { Failure } from '../../base/index.js';
import type { ServicePort } from '../environment.js';
import { askYesOrNo } from './ask-yes-or-no.js';
import { runOrFail } from './run-command.js';
import { notDeclared, type DeclaredSettings } from './settings.js';

const changeMs = 120_000;
const askMs = 15_000;
const deployMs = 1_800_000;

/** The application, through the commands that the configuration names. */
export function declaredService(settings: DeclaredSettings): ServicePort {
  const application = () => {
    const { application } = settings.declared;
    if (application === undefined) throw notDeclared(settings, 'application', 'application');
    return application;
  };
  const deployment = () => {
    const { deploy } = application();
    if (deploy === undefined)
      throw notDeclared(settings, 'way to deploy the application', 'application.deploy');
    return deploy;
  };
  const testWrite = () => {
    const { testWrite } = application();
    if (testWrite === undefined)
      throw notDeclared(settings, 'write through the application', 'application.testWrite');
    return testWrite;
  };
  return {
    start: async (options) => {
      await runOrFail(settings, application().start, changeMs, options);
    },
    stop: async (options) => {
      await runOrFail(settings, application().stop, changeMs, options);
    },
    isRunning: async (options) => askYesOrNo(settings, application().isRunning, options),
    deploy: async (options) => {
      await runOrFail(settings, deployment().run, deployMs, options);
    },
    isDeployed: async (options) => askYesOrNo(settings, deployment().isDone, options),
    writeOnce: async (options) => {
      const { printed } = await runOrFail(settings, testWrite().make, askMs, options);
      const id = printed.split('\n').at(-1)?.trim() ?? '';
      if (id !== '') return id;
      throw new Failure('unavailable', `${testWrite().make[0] ?? ''} did not print the id of what it wrote`);
    },
    hasWritten: async (id, options) => askYesOrNo(settings, [...testWrite().find, id], options),
  };
}
