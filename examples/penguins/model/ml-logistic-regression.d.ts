// The package has no types of its own.
declare module 'ml-logistic-regression' {
  import type { Matrix } from 'ml-matrix';

  interface LogisticRegressionOptions {
    /** Steps of gradient descent. Default 50,000. */
    readonly numSteps?: number;
    /** Default 5e-4. */
    readonly learningRate?: number;
  }

  export interface LogisticRegressionJson {
    readonly name: 'LogisticRegression';
    readonly numSteps: number;
    readonly learningRate: number;
    readonly numberClasses: number;
    /** One for each class, against all others. */
    readonly classifiers: readonly {
      readonly numSteps: number;
      readonly learningRate: number;
      readonly weights: readonly (readonly number[])[];
    }[];
  }

  export default class LogisticRegression {
    constructor(options?: LogisticRegressionOptions);
    static load(model: LogisticRegressionJson): LogisticRegression;
    /** @param labels a column of class numbers, from 0 */
    train(features: Matrix, labels: Matrix): void;
    predict(features: Matrix): number[];
    toJSON(): unknown;
  }
}
