local hs = { status = "Progressing", message = "Waiting for the operator to read the provider" }

if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

-- Stalled and Reconciling exist only while they are True, and refer to the message of Ready. Without Stalled, the operator retries.
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
local stalled = conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  hs.message = stalled.reason .. ": " .. (ready or stalled).message
elseif ready ~= nil then
  hs.message = ready.message
  if ready.status == "True" then
    hs.status = obj.spec.suspend == true and "Suspended" or "Healthy"
  end
end
return hs
