/** What every template must keep about who may do what, and about the functions that do it. */
import {
  ARCHIVE_VARIABLES,
  AWS_VARIABLES,
  GIVEN_UP_FOLDER,
  NIGHT_VARIABLES,
  QUERY_VARIABLES,
} from '../../adapters/aws-names.ts'
import { DOWNLINK_TOPICS } from '../../infra/downlink-topics.ts'
import { REFUSED_FOLDER } from '../../infra/failure-bucket.ts'
import { NIGHT_STEPS } from '../../infra/night-steps.ts'
import { at, listOf, ofType, statementsOf, textOf } from './template.ts'
import { breaking, each, type TemplateRule } from './template-rule.ts'

const ROLE = 'AWS::IAM::Role'
const FUNCTION = 'AWS::Lambda::Function'
const LOG = 'AWS::Logs::LogGroup'

/** Ends of resources that may have a wildcard: `acknowledgements.ts` says why. */
const EXPLAINED = [
  ...DOWNLINK_TOPICS.map((topic) => `:topic/${topic}`),
  `/${REFUSED_FOLDER}*`,
  `/${GIVEN_UP_FOLDER}*`,
  // A question, and what has expired, may be of any day; answers are called by the question.
  '<ArchiveBucket49F1AC64.Arn>/*',
  '<ArchiveAnswers5814E8CF.Arn>/*',
  ...NIGHT_STEPS.flatMap(({ reads, writes, removes }) =>
    [...reads, ...writes, ...removes].map((prefix) => `<ArchiveBucket49F1AC64.Arn>/${prefix}*`),
  ),
]

/** What functions may be told beside what all are told. */
const MORE = [ARCHIVE_VARIABLES, NIGHT_VARIABLES, QUERY_VARIABLES].flatMap((names) => Object.values(names))

export const ACCESS_RULES: readonly TemplateRule[] = [
  {
    name: 'no role has a wildcard that is not explained',
    check: ({ template }) =>
      statementsOf(template).flatMap(({ role, actions, resources }) =>
        [...actions, ...resources.filter((resource) => !EXPLAINED.some((end) => resource.endsWith(end)))]
          .filter((one) => one.includes('*'))
          .map((one) => `${role}: ${one}`),
      ),
    broken: breaking('AWS::IAM::Policy', 'PolicyDocument.Statement.0.Resource', '*'),
    says: ': *',
  },
  {
    name: 'no role has a policy of AWS’s',
    check: each(ROLE, ({ ManagedPolicyArns }) => listOf(ManagedPolicyArns).map(textOf)),
    broken: breaking(ROLE, 'ManagedPolicyArns', ['arn:aws:iam::aws:policy/AdministratorAccess']),
    says: 'AdministratorAccess',
  },
  {
    name: 'a role is taken by one service, and for this account where that serves others',
    check: each(ROLE, (role) =>
      listOf(at(role, 'AssumeRolePolicyDocument.Statement')).map((statement) => {
        const service = at(statement, 'Principal.Service')
        if (typeof service !== 'string') return `is taken by ${textOf(at(statement, 'Principal'))}`
        if (service === 'lambda.amazonaws.com') return null
        const account = textOf(at(statement, 'Condition.StringEquals.aws:SourceAccount'))
        return account !== '<AWS::AccountId>' && `is taken by ${service} for any account`
      }),
    ),
    broken: breaking(ROLE, 'AssumeRolePolicyDocument.Statement.0.Condition'),
    says: 'for any account',
  },
  {
    name: 'every route of the API asks for IAM',
    check: each(
      'AWS::ApiGatewayV2::Route',
      ({ AuthorizationType }) => AuthorizationType !== 'AWS_IAM' && `asks for ${AuthorizationType}`,
    ),
    broken: breaking('AWS::ApiGatewayV2::Route', 'AuthorizationType', 'NONE'),
    says: 'asks for NONE',
  },
  {
    name: 'a device speaks and hears under its own name only',
    check: each('AWS::IoT::Policy', (policy) =>
      listOf(at(policy, 'PolicyDocument.Statement')).flatMap((statement) =>
        listOf(at(statement, 'Resource'))
          .map(textOf)
          .filter((on) => !on.includes('{iot:Connection.Thing.ThingName}') || on.includes('*'))
          .map((on) => `${at(statement, 'Action')} on ${on}`),
      ),
    ),
    broken: breaking('AWS::IoT::Policy', 'PolicyDocument.Statement.1.Resource', 'arn:aws:iot:::topic/ev/*'),
    says: 'iot:Publish on arn:aws:iot:::topic/ev/*',
  },
  {
    name: 'functions run on Node 24 and arm64',
    check: each(FUNCTION, (lambda) => [
      lambda.Runtime !== 'nodejs24.x' && `runs on ${lambda.Runtime}`,
      at(lambda, 'Architectures.0') !== 'arm64' && 'runs on x86',
    ]),
    broken: breaking(FUNCTION, 'Runtime', 'nodejs20.x'),
    says: 'runs on nodejs20.x',
  },
  {
    name: 'a function is told what adapters/aws-names.ts names, and its stage’s prefix',
    check: each(FUNCTION, (lambda, { stage }) => {
      const told = at(lambda, 'Environment.Variables') as Record<string, string>
      const names = Object.keys(told).filter((name) => !(MORE as string[]).includes(name))
      return [
        names.toSorted().join() !== Object.values(AWS_VARIABLES).toSorted().join() && `is told ${names}`,
        told[AWS_VARIABLES.table_prefix] !== stage.prefix && 'is told of another stage',
      ]
    }),
    broken: breaking(FUNCTION, `Environment.Variables.${AWS_VARIABLES.table_prefix}`, 'other-'),
    says: 'is told of another stage',
  },
  {
    name: 'a function writes a log of its own',
    check: each(FUNCTION, (lambda, { template }) => {
      const log = template.Resources[textOf(at(lambda, 'LoggingConfig.LogGroup')).slice(1, -1)]
      return (
        log?.Properties.LogGroupName !== `/aws/lambda/${lambda.FunctionName}` && 'writes no log of its own'
      )
    }),
    broken: breaking(FUNCTION, 'LoggingConfig'),
    says: 'writes no log of its own',
  },
  {
    name: 'no log is kept for ever',
    check: each(LOG, ({ RetentionInDays }) => !(Number(RetentionInDays) > 0) && 'is kept for ever'),
    broken: breaking(LOG, 'RetentionInDays'),
    says: 'is kept for ever',
  },
  {
    name: 'the sweep is due once a minute, and may do nothing else',
    check: each('AWS::Scheduler::Schedule', ({ Name, ScheduleExpression, State, Target }, { template }) => {
      if (!String(Name).endsWith('-sweep')) return null
      const role = textOf(at(Target, 'RoleArn'))
      const allowed = statementsOf(template).filter((one) => role === `<${one.role}.Arn>`)
      return [
        ScheduleExpression !== 'rate(1 minute)' && `is due by ${ScheduleExpression}`,
        State === 'DISABLED' && 'is off',
        allowed.some(({ resources }) => resources.join() !== textOf(at(Target, 'Arn'))) && 'may do more',
      ]
    }),
    broken: breaking('AWS::Scheduler::Schedule', 'ScheduleExpression', 'rate(1 day)'),
    says: 'is due by rate(1 day)',
  },
  {
    name: 'an alarm calls somebody, and CloudWatch is allowed to call',
    check: (of) => [
      ...each(
        'AWS::CloudWatch::Alarm',
        ({ AlarmActions }) => listOf(AlarmActions).length === 0 && 'calls nobody',
      )(of),
      ...each('AWS::SNS::TopicPolicy', (policy) => {
        const callers = listOf(at(policy, 'PolicyDocument.Statement')).filter(
          (statement) => at(statement, 'Effect') === 'Allow',
        )
        const services = callers.map((statement) => at(statement, 'Principal.Service'))
        return !services.includes('cloudwatch.amazonaws.com') && 'does not let CloudWatch call'
      })(of),
    ],
    broken: ({ template }) => {
      for (const [, { Properties }] of ofType(template, 'AWS::SNS::TopicPolicy')) {
        Properties.PolicyDocument = { Statement: [] }
      }
    },
    says: 'does not let CloudWatch call',
  },
]
