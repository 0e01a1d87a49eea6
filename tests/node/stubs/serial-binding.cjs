exports.Binding = class { close() {} };
