-- A policy that waits for a maintenance window or for a user to disconnect is Ready. The message of its Ready condition says what it waits for.
local hs = { status = "Progressing", message = "Waiting for the operator to evaluate the policy" }

if obj.spec ~= nil and obj.spec.suspend == true then
  hs.status = "Suspended"
  hs.message = "The policy is suspended. The operator makes no changes for it."
  return hs
end

if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

-- Stalled and Reconciling exist only while they are True. Without Stalled, the operator retries until the policy is Ready.
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
local stalled = conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  hs.message = stalled.reason .. ": " .. stalled.message
elseif ready ~= nil then
  hs.status = ready.status == "True" and "Healthy" or "Progressing"
  hs.message = ready.message
end
return hs
