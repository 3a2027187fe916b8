/** `message` is a clause that begins with the rule's name, and says what would be right. */
export class InvalidRule extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidRule';
  }
}
