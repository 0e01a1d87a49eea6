-- Starts the server for the file that was opened, and tells what the editor shows: with the leak, while the text
-- does not parse, and after the leak was mended.
local name = vim.api.nvim_buf_get_name(0)
local config = {
  name = "leaklint",
  cmd = { vim.env.LEAKLINT, "--lsp" },
  root_dir = vim.fn.fnamemodify(name, ":h"),
}
if vim.lsp.start then
  vim.lsp.start(config)
else
  vim.lsp.buf_attach_client(0, vim.lsp.start_client(config))
end

local function shown()
  local lines = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do
    local related = d.user_data.lsp.relatedInformation or {}
    table.insert(lines, ("%d:%d %s %s %d"):format(d.lnum + 1, d.col + 1, d.source, d.user_data.lsp.code, #related))
  end
  return table.concat(lines, "; ")
end

local function tell(event, expected)
  vim.wait(20000, function() return (shown() ~= "") == expected end, 20)
  vim.wait(expected and 300 or 0)
  io.stdout:write(event, ": ", shown(), "\n")
end

tell("opened", true)
vim.api.nvim_buf_set_lines(0, -1, -1, true, { "let = = (" })
tell("broken", true)
vim.api.nvim_buf_set_lines(0, 0, -1, true, { "export const add = (a, b) => a + b" })
tell("mended", false)
vim.cmd("qa!")
