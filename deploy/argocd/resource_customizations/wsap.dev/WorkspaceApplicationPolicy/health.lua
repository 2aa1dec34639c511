-- Waiting for a maintenance window or for a user to log off is no ill health: such a policy is Ready, and says in its message what it waits for.
local hs = { status = "Progressing", message = "Waiting for the operator to evaluate the policy" }

if obj.spec ~= nil and obj.spec.suspend == true then
  hs.status = "Suspended"
  hs.message = "The policy is suspended: it changes nothing"
  return hs
end

if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
if ready == nil then
  return hs
end

hs.message = ready.message
if conditions["Stalled"] ~= nil and conditions["Stalled"].status == "True" then
  hs.status = "Degraded"
  hs.message = conditions["Stalled"].reason .. ": " .. conditions["Stalled"].message
elseif ready.status == "True" then
  hs.status = "Healthy"
elseif conditions["Reconciling"] == nil or conditions["Reconciling"].status ~= "True" then
  hs.status = "Degraded"
end
return hs
