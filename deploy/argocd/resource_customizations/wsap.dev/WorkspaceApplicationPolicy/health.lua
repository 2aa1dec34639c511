-- A policy that waits for a maintenance window or for a user to disconnect is Ready. Compliant contains the counts and the reason. Ready contains
-- the cause if the policy isn't Ready, because Stalled and Reconciling only refer to it.
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
local compliant = conditions["Compliant"]
local stalled = conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  hs.message = stalled.reason .. ": " .. (ready or stalled).message
elseif ready ~= nil and ready.status == "True" then
  hs.status = "Healthy"
  hs.message = (compliant or ready).message
elseif ready ~= nil then
  hs.message = ready.message
end
return hs
