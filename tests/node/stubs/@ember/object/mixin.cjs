// What is mixed in is the object itself.
module.exports = { create: (methods) => methods };
